using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Changes;
using Journeys.EngineContracts;
using Npgsql;

namespace Journeys.Definitions.Editing;

/// <summary>Deletes an audience that is not in use.</summary>
public sealed class DeleteAudience(NpgsqlDataSource source, AudienceNews news, TimeProvider time)
{
    /// <exception cref="NotFound">The site has no such audience.</exception>
    /// <exception cref="Refused">Reason AUDIENCE_IN_USE.</exception>
    public async Task HandleAsync(Guid siteId, Guid audienceId, CancellationToken ct)
    {
        var last = await source.InTransactionAsync(
            async transaction =>
            {
                await AudienceStore.TakeTurnAsync(transaction, siteId, ct);
                var audience = await AudienceStore.LockAsync(transaction, siteId, audienceId, ct)
                    ?? throw new NotFound("audience", audienceId);
                // Read after the lock, so that it includes a journey whose transaction held the audience until then.
                var all = await AudienceStore.ListAllAsync(transaction, siteId, ct);
                var isInJourney = all.Single(one => one.AudienceId == audienceId).Journeys > 0;
                if (isInJourney || all.Any(other => AudienceIds.SetOf(other.ReadRule()).Contains(audienceId)))
                    throw new Refused("AUDIENCE_IN_USE", $"{audience.Name} is used by a journey or by another audience.");

                await AudienceStore.DeleteAsync(transaction, audience, ct);
                var last = audience with { Revision = audience.Revision + 1, UpdatedAt = time.GetStoredNow() };
                await news.AddAsync(transaction, last, deleted: true, ct);
                return last;
            },
            ct);

        await news.SendDeletedAsync(last, ct);
    }
}
