using Npgsql;

namespace Journeys.Ledgers.Checks;

/// <summary>
/// Enrollment and Scheduler have the newest change of every journey, audience and halt, and of none that Definition
/// does not have. In their copies the published journeys of a halted site are paused. Enrollment has every version that
/// somebody is inside.
/// </summary>
/// <remarks>
/// After a restore of Definition numbers are given again, so times are compared too. A time that a release did not
/// store is null, and equals any.
/// </remarks>
public sealed class Copies : ICheck
{
    sealed record Copy(Guid SiteId, Guid JourneyId, int ChangeNo, string Status, int Version, DateTimeOffset? MovedAt);

    // The Scheduler does not store whether an audience is deleted.
    sealed record Audience(int Revision, DateTimeOffset? ChangedAt, bool? IsDeleted);

    sealed record Halt(int ChangeNo, DateTimeOffset? ChangedAt);

    public IReadOnlyList<string> Names => ["copies"];

    // A change is sent to the other services after its commit.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        var (definition, enrollment, scheduler) = (look.Snapshot.Definition, look.Snapshot.Enrollment, look.Snapshot.Scheduler);

        const string columns = "select site_id, journey_id, change_no, status, version, moved_at from ";
        const string only = " where (@site is null or site_id = @site)";
        const string decided = """
            select journey.site_id, journey.journey_id, journey.change_no,
                   case when status = 'PUBLISHED' and halted then 'PAUSED' else status end, journey.version, move.moved_at
            from definition.journey
            left join definition.move
                on move.site_id = journey.site_id and move.journey_id = journey.journey_id and move.change_no = journey.change_no
            left join definition.site_halt on site_halt.site_id = journey.site_id
            where (@site is null or journey.site_id = @site)
            """;
        var truth = (await ListAsync(definition, decided, ct)).ToLookup(journey => journey.JourneyId);
        look.Saw(Names[0], truth.Count);
        Compare(look, "enrollment", truth, await ListAsync(enrollment, $"{columns}enrollment.journey{only}", ct));
        Compare(look, "scheduler", truth, await ListAsync(scheduler, $"{columns}scheduler.journey{only}", ct));

        const string published = "select site_id, journey_id, version, published_at from ";
        var versions = await VersionsAsync(definition, $"{published}definition.version{only}", ct);
        const string ofEnrollment = $"{published}enrollment.journey_version{only}";
        const string ofScheduler = $"{published}scheduler.journey{only}";
        CompareVersions(look, "enrollment", versions, await VersionsAsync(enrollment, ofEnrollment, ct));
        CompareVersions(look, "scheduler", versions, await VersionsAsync(scheduler, ofScheduler, ct));
        await look.FindAsync(Names[0], enrollment, LostVersions, ct);

        // The change of an audience stays when the audience is deleted.
        const string audiences = """
            select a.site_id, a.audience_id, a.revision, c.changed_at, false
            from definition.audience a
            left join definition.audience_change c on c.site_id = a.site_id and c.audience_id = a.audience_id and c.revision = a.revision
            where (@site is null or a.site_id = @site)
            union all
            select site_id, audience_id, revision, changed_at, true
            from definition.audience_change c
            where deleted and (@site is null or site_id = @site)
              and not exists (select from definition.audience a where a.site_id = c.site_id and a.audience_id = c.audience_id)
            """;
        const string audience = "select site_id, audience_id, revision, changed_at, ";
        const string enrolling = $"{audience}rule is null from enrollment.audience{only}";
        const string swept = $"{audience}null::boolean from scheduler.audience{only}";
        var known = await AudiencesAsync(definition, audiences, ct);
        CompareAudiences(look, "enrollment", known, await AudiencesAsync(enrollment, enrolling, ct));
        CompareAudiences(look, "scheduler", known, await AudiencesAsync(scheduler, swept, ct));

        const string halted = """
            select site_id, change_no, changed_at from {schema}.site_halt where halted and (@site is null or site_id = @site)
            """;
        var sites = await HaltsAsync(definition, halted, ct);
        CompareHalts(look, "enrollment", sites, await HaltsAsync(enrollment, halted, ct));
        CompareHalts(look, "scheduler", sites, await HaltsAsync(scheduler, halted, ct));
    }

    const string LostVersions = """
        select 'Lost', site_id, format('journey=%s version=%s service=enrollment', journey_id, version),
               format('Enrollment does not have it, and %s people are inside it.', people)
        from (
            select site_id, journey_id, version, count(*) as people
            from enrollment.enrollment
            where status = 'ACTIVE' and (@site is null or site_id = @site)
            group by site_id, journey_id, version) as inside
        where not exists (
            select from enrollment.journey_version v
            where v.site_id = inside.site_id and v.journey_id = inside.journey_id and v.version = inside.version)
        order by 2, 3
        """;

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
            else if (copy with { MovedAt = null } != journey with { MovedAt = null })
            {
                look.Found(Of(journey, FindingKind.Stuck,
                    $"It is {journey.Status} in version {journey.Version} (change {journey.ChangeNo}), and {service} takes it for {copy.Status} in version {copy.Version} ({copy.ChangeNo})."));
            }
            else if (Differ(copy.MovedAt, journey.MovedAt))
            {
                look.Found(Of(journey, FindingKind.Stuck,
                    $"Change {journey.ChangeNo} is of {journey.MovedAt:O}, and for {service} of {copy.MovedAt:O}."));
            }
        }

        Finding Of(Copy about, FindingKind kind, string what) => new(Names[0], kind, about.SiteId, $"journey={about.JourneyId} service={service}", what);
    }

    void CompareVersions(
        Look look, string service, Dictionary<(Guid SiteId, Guid JourneyId, int Version), DateTimeOffset?> truth,
        Dictionary<(Guid SiteId, Guid JourneyId, int Version), DateTimeOffset?> copies)
    {
        foreach (var (version, publishedAt) in copies)
        {
            if (truth.TryGetValue(version, out var decided) && Differ(publishedAt, decided))
            {
                look.Found(new(
                    Names[0], FindingKind.Stuck, version.SiteId, $"journey={version.JourneyId} version={version.Version} service={service}",
                    $"It was published at {decided:O}, and {service} has one of {publishedAt:O}."));
            }
        }
    }

    void CompareAudiences(
        Look look, string service, Dictionary<(Guid SiteId, Guid AudienceId), Audience> truth,
        Dictionary<(Guid SiteId, Guid AudienceId), Audience> copies)
    {
        foreach (var (audience, decided) in truth)
        {
            if (copies.GetValueOrDefault(audience) is not { } copy)
            {
                if (decided.IsDeleted is false)
                    Found(audience, FindingKind.Lost, $"{service} does not know it.");
            }
            else if (copy.Revision != decided.Revision || Differ(copy.ChangedAt, decided.ChangedAt))
            {
                Found(audience, FindingKind.Stuck,
                    $"It has revision {decided.Revision} ({decided.ChangedAt:O}), and {service} has {copy.Revision} ({copy.ChangedAt:O}).");
            }
            else if (copy.IsDeleted is { } isDeleted && isDeleted != decided.IsDeleted)
            {
                Found(audience, FindingKind.Stuck,
                    isDeleted ? $"{service} takes it for deleted." : $"It is deleted, and {service} still has it.");
            }
        }

        foreach (var (audience, _) in copies.Where(copy => copy.Value.IsDeleted is false && !truth.ContainsKey(copy.Key)))
            Found(audience, FindingKind.Unexpected, $"{service} knows an audience that Definition does not have.");

        void Found((Guid SiteId, Guid AudienceId) about, FindingKind kind, string what) =>
            look.Found(new(Names[0], kind, about.SiteId, $"audience={about.AudienceId} service={service}", what));
    }

    void CompareHalts(Look look, string service, Dictionary<Guid, Halt> truth, Dictionary<Guid, Halt> copies)
    {
        foreach (var (site, decided) in truth)
        {
            if (!copies.TryGetValue(site, out var copy))
                Found(site, $"The site is halted, and {service} does not know it.");
            else if (copy.ChangeNo != decided.ChangeNo || Differ(copy.ChangedAt, decided.ChangedAt))
            {
                Found(site,
                    $"It is halted since {decided.ChangedAt:O} ({decided.ChangeNo}), {service} has {copy.ChangedAt:O} ({copy.ChangeNo}).");
            }
        }

        foreach (var site in copies.Keys.Where(site => !truth.ContainsKey(site)))
            Found(site, $"The site is not halted, and {service} takes it for halted.");

        void Found(Guid site, string what) => look.Found(new(Names[0], FindingKind.Stuck, site, $"site={site} service={service}", what));
    }

    static bool Differ(DateTimeOffset? one, DateTimeOffset? other) => one is not null && other is not null && one != other;

    static async Task<IReadOnlyList<Copy>> ListAsync(DatabaseSnapshot database, string sql, CancellationToken ct)
    {
        var copies = new List<Copy>();
        await foreach (var row in database.ReadAsync(sql, ct))
            copies.Add(new(row.GetGuid(0), row.GetGuid(1), row.GetInt32(2), row.GetString(3), row.GetInt32(4), Time(row, 5)));
        return copies;
    }

    static async Task<Dictionary<(Guid SiteId, Guid JourneyId, int Version), DateTimeOffset?>> VersionsAsync(
        DatabaseSnapshot database, string sql, CancellationToken ct)
    {
        var versions = new Dictionary<(Guid, Guid, int), DateTimeOffset?>();
        await foreach (var row in database.ReadAsync(sql, ct))
            versions[(row.GetGuid(0), row.GetGuid(1), row.GetInt32(2))] = Time(row, 3);
        return versions;
    }

    static async Task<Dictionary<(Guid SiteId, Guid AudienceId), Audience>> AudiencesAsync(
        DatabaseSnapshot database, string sql, CancellationToken ct)
    {
        var audiences = new Dictionary<(Guid, Guid), Audience>();
        await foreach (var row in database.ReadAsync(sql, ct))
            audiences[(row.GetGuid(0), row.GetGuid(1))] = new(row.GetInt32(2), Time(row, 3), row.IsDBNull(4) ? null : row.GetBoolean(4));
        return audiences;
    }

    static async Task<Dictionary<Guid, Halt>> HaltsAsync(DatabaseSnapshot database, string sql, CancellationToken ct)
    {
        var halts = new Dictionary<Guid, Halt>();
        await foreach (var row in database.ReadAsync(sql, ct))
            halts[row.GetGuid(0)] = new(row.GetInt32(1), Time(row, 2));
        return halts;
    }

    static DateTimeOffset? Time(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
