namespace Journeys.Ledgers.Checks;

/// <summary>
/// Enrollment and Scheduler have the newest change of every journey, audience and halt, and of no journey or halt that
/// Definition does not have.
/// In their copies the published journeys of a halted site are paused.
/// </summary>
public sealed class Copies : ICheck
{
    sealed record Copy(Guid SiteId, Guid JourneyId, int ChangeNo, string Status, int Version);

    public IReadOnlyList<string> Names => ["copies"];

    // A change is sent to the other services after its commit.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string columns = "select site_id, journey_id, change_no, status, version from ";
        const string only = " where (@site is null or site_id = @site)";
        const string decided = """
            select journey.site_id, journey_id, journey.change_no, case when status = 'PUBLISHED' and halted then 'PAUSED' else status end, version
            from definition.journey
            left join definition.site_halt on site_halt.site_id = journey.site_id
            where (@site is null or journey.site_id = @site)
            """;
        const string enrolled = $"{columns}enrollment.journey{only}";
        const string scheduled = $"{columns}scheduler.journey{only}";

        var truth = (await ListAsync(look.Snapshot.Definition, decided, ct)).ToLookup(journey => journey.JourneyId);
        look.Saw(Names[0], truth.Count);
        Compare(look, "enrollment", truth, await ListAsync(look.Snapshot.Enrollment, enrolled, ct));
        Compare(look, "scheduler", truth, await ListAsync(look.Snapshot.Scheduler, scheduled, ct));

        var audiences = await AudiencesAsync(look.Snapshot.Definition, ct);
        CompareAudiences(look, "enrollment", audiences, await AudiencesAsync(look.Snapshot.Enrollment, ct));
        CompareAudiences(look, "scheduler", audiences, await AudiencesAsync(look.Snapshot.Scheduler, ct));

        const string halted = "site_halt where halted and (@site is null or site_id = @site)";
        var sites = await SitesAsync(look.Snapshot.Definition, $"select site_id from definition.{halted}", ct);
        CompareHalts(look, "enrollment", sites, await SitesAsync(look.Snapshot.Enrollment, $"select site_id from enrollment.{halted}", ct));
        CompareHalts(look, "scheduler", sites, await SitesAsync(look.Snapshot.Scheduler, $"select site_id from scheduler.{halted}", ct));
    }

    void CompareAudiences(
        Look look, string service, Dictionary<(Guid SiteId, Guid AudienceId), int> truth, Dictionary<(Guid SiteId, Guid AudienceId), int> copies)
    {
        foreach (var (audience, revision) in truth)
        {
            var ids = $"audience={audience.AudienceId} service={service}";
            if (!copies.TryGetValue(audience, out var known))
                look.Found(new(Names[0], FindingKind.Lost, audience.SiteId, ids, $"{service} does not know it."));
            else if (known != revision)
                look.Found(new(Names[0], FindingKind.Stuck, audience.SiteId, ids, $"It has revision {revision}, and {service} has revision {known}."));
        }
    }

    static async Task<Dictionary<(Guid SiteId, Guid AudienceId), int>> AudiencesAsync(DatabaseSnapshot database, CancellationToken ct)
    {
        const string sql = "select site_id, audience_id, revision from {schema}.audience where (@site is null or site_id = @site)";

        var audiences = new Dictionary<(Guid, Guid), int>();
        await foreach (var row in database.ReadAsync(sql, ct))
            audiences[(row.GetGuid(0), row.GetGuid(1))] = row.GetInt32(2);
        return audiences;
    }

    void CompareHalts(Look look, string service, HashSet<Guid> truth, HashSet<Guid> copy)
    {
        foreach (var site in truth.Except(copy))
            look.Found(new(Names[0], FindingKind.Stuck, site, $"site={site} service={service}", $"The site is halted, and {service} does not know it."));
        foreach (var site in copy.Except(truth))
            look.Found(new(Names[0], FindingKind.Stuck, site, $"site={site} service={service}", $"The site is not halted, and {service} takes it for halted."));
    }

    static async Task<HashSet<Guid>> SitesAsync(DatabaseSnapshot database, string sql, CancellationToken ct)
    {
        var sites = new HashSet<Guid>();
        await foreach (var row in database.ReadAsync(sql, ct))
            sites.Add(row.GetGuid(0));
        return sites;
    }

    void Compare(Look look, string service, ILookup<Guid, Copy> truth, IReadOnlyList<Copy> copies)
    {
        var known = copies.ToLookup(copy => copy.JourneyId);
        foreach (var copy in copies.Where(copy => !truth[copy.JourneyId].Any(journey => journey.SiteId == copy.SiteId)))
        {
            var other = truth[copy.JourneyId].FirstOrDefault();
            look.Found(Of(copy, FindingKind.Unexpected, other is null
                ? $"{service} knows a journey that Definition does not have."
                : $"{service} has it on this site, and it belongs to site {other.SiteId}."));
        }

        // The other services need no copy of a journey that was never published.
        foreach (var journey in truth.SelectMany(journeys => journeys).Where(journey => journey.ChangeNo > 0))
        {
            var copy = known[journey.JourneyId].FirstOrDefault(copy => copy.SiteId == journey.SiteId);
            if (copy is null)
                look.Found(Of(journey, FindingKind.Lost, $"{service} does not know it."));
            else if (copy != journey)
            {
                look.Found(Of(journey, FindingKind.Stuck,
                    $"It is {journey.Status} in version {journey.Version} (change {journey.ChangeNo}), and {service} takes it for {copy.Status} in version {copy.Version} ({copy.ChangeNo})."));
            }
        }

        Finding Of(Copy about, FindingKind kind, string what) => new(Names[0], kind, about.SiteId, $"journey={about.JourneyId} service={service}", what);
    }

    static async Task<IReadOnlyList<Copy>> ListAsync(DatabaseSnapshot database, string sql, CancellationToken ct)
    {
        var copies = new List<Copy>();
        await foreach (var row in database.ReadAsync(sql, ct))
            copies.Add(new(row.GetGuid(0), row.GetGuid(1), row.GetInt32(2), row.GetString(3), row.GetInt32(4)));
        return copies;
    }
}
