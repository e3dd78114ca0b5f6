using Journeys.BuildingBlocks;
using Journeys.Protos.Definition.V1;
using Npgsql;

namespace Journeys.Definitions;

/// <summary>Makes a new draft: from nothing, as a copy, or from a document.</summary>
public sealed class CreateJourney(NpgsqlDataSource source, JourneyStore journeys, TimeProvider time)
{
    /// <summary>Stores a design as a draft. A repeat of the request id gets the first answer.</summary>
    public async Task<JourneyRow> HandleAsync(Guid siteId, Design design, string requestId, CancellationToken ct)
    {
        DesignCheck.Draft(design);
        Check.Text(requestId, 0, 64, "requestId");

        return await source.InTransactionAsync(transaction => AddAsync(transaction, siteId, design, requestId, ct), ct);
    }

    /// <summary>The same within a transaction that does more.</summary>
    public async Task<JourneyRow> AddAsync(NpgsqlTransaction transaction, Guid siteId, Design design, string requestId, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var journeyId = Guid.CreateVersion7(now);
        if (await JourneyStore.FirstAnswerAsync(transaction, siteId, requestId, journeyId, ct) is { } first)
            return await journeys.FindAsync(siteId, first, ct) ?? throw new NotFound("journey", first);

        var journey = await JourneyStore.AddAsync(transaction, siteId, journeyId, design, now, ct);
        await AudienceUse.NoteAsync(transaction, journey, design, ofDraft: true, ct);
        return journey;
    }
}
