using Google.Protobuf.Collections;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Journeys;
using Journeys.EngineContracts;
using Journeys.Protos.Definition.V1;
using Npgsql;

namespace Journeys.Definitions.Editing;

/// <summary>Creates a draft from a document, with the audiences that are missing here, all or nothing.</summary>
public sealed class ImportJourney(NpgsqlDataSource source, CreateJourney create, NewAudience newAudience, AudienceNews news)
{
    const int MaxAudiences = 1_000;

    /// <summary>Stores the draft and its audiences. A repeat of the request returns the first answer.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="document">As an export returned it.</param>
    /// <param name="name">The name of the new journey; that of the document when empty.</param>
    /// <param name="called">The key that its author chose; empty to make one from the name.</param>
    /// <param name="key">The request.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="InvalidInput">The document has another format, or a field of it is invalid.</exception>
    /// <exception cref="Refused">Reason TOO_MANY_JOURNEYS, TOO_MANY_AUDIENCES or AUDIENCES_TOO_LARGE.</exception>
    /// <exception cref="AlreadyThere">Reason KEY_TAKEN or REQUEST_ID_REUSED.</exception>
    public async Task<JourneyRow> HandleAsync(
        Guid siteId, JourneyDocument document, string name, string called, RequestKey? key, CancellationToken ct)
    {
        if (document.Format != DocumentFormat.Current)
            throw new InvalidInput("document.format", $"must be {DocumentFormat.Current}.");
        Check.Count(document.Audiences, 0, MaxAudiences, "document.audiences");
        var design = Check.Present(document.Design, "document.design").Clone();
        if (name.Length > 0)
            design.Name = name;
        DesignCheck.Draft(design, "document.design.");

        var (journey, made) = await source.InTransactionAsync(
            async transaction =>
            {
                var journeyId = FreshId.Make();
                if (await create.FindFirstAsync(transaction, siteId, key, journeyId, ct) is { } first)
                    return (first, []);

                var (ids, made) = await AddAudiencesAsync(transaction, siteId, document.Audiences, ct);
                var renamed = design.Clone();
                AudienceIds.Replace(renamed, ids);
                return (await create.AddAsync(transaction, siteId, journeyId, renamed, called, ct), made);
            },
            ct);

        foreach (var audience in made)
            await news.SendAsync(audience, ct);
        return journey;
    }

    // Uses an existing audience with the same id, or else one with the same name and rule, or else creates one. An
    // audience whose rule names others comes after those, because its rule can only be compared once their ids here are
    // known.
    async Task<(Dictionary<Guid, Guid> Ids, List<AudienceRow> Made)> AddAudiencesAsync(
        NpgsqlTransaction transaction, Guid siteId, RepeatedField<JourneyDocument.Types.Audience> audiences, CancellationToken ct)
    {
        await AudienceStore.TakeTurnAsync(transaction, siteId, ct);
        var known = (await AudienceStore.ListAllAsync(transaction, siteId, ct)).ToList();
        var net = new AudienceNet(known);
        var (ids, made) = (new Dictionary<Guid, Guid>(), new List<AudienceRow>());
        foreach (var (i, oldId) in InOrderOfNeed(audiences))
        {
            var wanted = audiences[i].Clone();
            AudienceIds.Replace(wanted, ids);
            var here = known.Find(audience => audience.AudienceId == oldId)
                ?? known.Find(audience => audience.Name == wanted.Name && audience.ReadRule().Equals(wanted.Rule));
            if (here is null)
            {
                here = newAudience.Make(siteId, FreeName(wanted.Name, known), "", wanted.Rule, $"document.audiences[{i}].");
                here = await newAudience.AddAsync(transaction, here, net, called: "", $"document.audiences[{i}].", ct);
                made.Add(here);
                known.Add(here);
            }

            ids[oldId] = here.AudienceId;
        }

        return (ids, made);
    }

    static IEnumerable<(int Index, Guid Id)> InOrderOfNeed(RepeatedField<JourneyDocument.Types.Audience> audiences)
    {
        var left = audiences
            .Select((audience, i) => (Index: i, Id: Check.Uuid(audience.Id, $"document.audiences[{i}].id"), Named: AudienceIds.SetOf(audience)))
            .ToList();
        if (left.Select(audience => audience.Id).Distinct().Count() < left.Count)
            throw new InvalidInput("document.audiences", "must not contain an id twice.");

        while (left.Count > 0)
        {
            var open = left.Select(audience => audience.Id).ToHashSet();
            var ready = left.Where(audience => !audience.Named.Overlaps(open)).ToList();
            if (ready.Count == 0)
                throw new InvalidInput("document.audiences", "must not refer to each other in a circle.");

            foreach (var audience in ready)
                yield return (audience.Index, audience.Id);
            left.RemoveAll(ready.Contains);
        }
    }

    static string FreeName(string name, List<AudienceRow> known)
    {
        var free = name;
        for (var n = 2; known.Exists(audience => audience.Name == free); n++)
            free = $"{name} ({n})";
        return free;
    }
}
