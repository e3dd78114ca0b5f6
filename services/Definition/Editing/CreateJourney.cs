using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Journeys;
using Journeys.Protos.Definition.V1;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Definitions.Editing;

/// <summary>Creates a draft: a new one, a copy, or one from a document.</summary>
public sealed class CreateJourney(NpgsqlDataSource source, IdempotencyKeys keys, IOptions<DefinitionQuotas> quotas, TimeProvider time)
{
    /// <summary>Stores a design as a draft. A repeat of the request returns the first answer.</summary>
    /// <exception cref="InvalidInput">A field cannot be stored.</exception>
    /// <exception cref="Refused">Reason TOO_MANY_JOURNEYS.</exception>
    /// <exception cref="AlreadyThere">Reason KEY_TAKEN or REQUEST_ID_REUSED.</exception>
    /// <exception cref="NotFound">A repeat, and the journey has been deleted since.</exception>
    public async Task<JourneyRow> HandleAsync(Guid siteId, Design design, string called, RequestKey? key, CancellationToken ct)
    {
        DesignCheck.Draft(design);

        return await source.InTransactionAsync(
            async transaction =>
            {
                var journeyId = FreshId.Make();
                return await FindFirstAsync(transaction, siteId, key, journeyId, ct)
                    ?? await AddAsync(transaction, siteId, journeyId, design, called, ct);
            },
            ct);
    }

    /// <summary>
    /// Returns the journey that the first call with this key created; null if this call is the first.
    /// </summary>
    public async Task<JourneyRow?> FindFirstAsync(
        NpgsqlTransaction transaction, Guid siteId, RequestKey? key, Guid journeyId, CancellationToken ct) =>
        await keys.ClaimAsync(transaction, key, [journeyId], ct) is { Made: [var first, ..] }
            ? await JourneyStore.LockAsync(transaction, siteId, first, ct) ?? throw new NotFound("journey", first)
            : null;

    /// <summary>Stores a checked design as a draft.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="siteId">The site.</param>
    /// <param name="journeyId">The id of the new journey.</param>
    /// <param name="design">The draft.</param>
    /// <param name="called">The key that its author chose; empty to derive it from the name.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="Refused">Reason TOO_MANY_JOURNEYS.</exception>
    /// <exception cref="AlreadyThere">Reason KEY_TAKEN.</exception>
    public async Task<JourneyRow> AddAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, Design design, string called, CancellationToken ct)
    {
        var most = quotas.Value.JourneysPerSite;
        await Quota.TakeTurnAsync(transaction, "definition.journey", siteId, ct);
        if (await JourneyStore.CountAsync(transaction, siteId, ct) >= most)
            throw new Refused("TOO_MANY_JOURNEYS", $"A site has at most {most} journeys, archived ones included; delete drafts that are not needed.");

        var taken = await KeyStore.ListOfJourneysAsync(transaction, siteId, ct);
        var key = Keys.Choose("journey", called, design.Name, taken);
        var journey = await JourneyStore.AddAsync(transaction, siteId, journeyId, key, design, time.GetStoredNow(), ct);
        await AudienceUseStore.NoteAsync(transaction, journey, design, ofDraft: true, ct);
        return journey;
    }
}
