using Journeys.BuildingBlocks;
using Journeys.Protos.Definition.V1;
using Npgsql;

namespace Journeys.Definitions;

/// <summary>Makes a new draft: from nothing, as a copy, or from a document.</summary>
public sealed class CreateJourney(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>Stores a design as a draft. A repeat of the request id gets the first answer.</summary>
    public async Task<JourneyRow> HandleAsync(Guid siteId, Design design, string call, string requestId, CancellationToken ct)
    {
        DesignCheck.Draft(design);
        Check.Text(requestId, 0, 64, "requestId");

        return await source.InTransactionAsync(
            async transaction =>
            {
                var journeyId = Guid.CreateVersion7();
                return await FindFirstAsync(transaction, siteId, call, requestId, journeyId, ct)
                    ?? await AddAsync(transaction, siteId, journeyId, design, ct);
            },
            ct);
    }

    /// <summary>What the same request made the first time; null when this is the first time.</summary>
    public static async Task<JourneyRow?> FindFirstAsync(
        NpgsqlTransaction transaction, Guid siteId, string call, string requestId, Guid journeyId, CancellationToken ct) =>
        await FirstAnswers.FindAsync(transaction, siteId, call, requestId, journeyId, ct) is { } first
            ? await JourneyStore.LockAsync(transaction, siteId, first, ct) ?? throw new NotFound("journey", first)
            : null;

    /// <summary>Stores a checked design as a draft.</summary>
    public async Task<JourneyRow> AddAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, Design design, CancellationToken ct)
    {
        var journey = await JourneyStore.AddAsync(transaction, siteId, journeyId, design, time.GetStoredNow(), ct);
        await AudienceUse.NoteAsync(transaction, journey, design, ofDraft: true, ct);
        return journey;
    }
}
