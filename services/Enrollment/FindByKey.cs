using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Requests;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Lists;
using Journeys.Protos.Definition.V1;

namespace Journeys.Enrollments;

/// <summary>Finds user lists by their keys, and journeys by asking Definition for the key.</summary>
/// <remarks>The key of a journey that was published never changes, so the result is cached.</remarks>
public sealed class FindByKey(UserListStore lists, JourneyService.JourneyServiceClient definition) : IKeyed
{
    const int Remembered = 10_000;

    readonly Lru<(Guid SiteId, string Key), Guid> journeys = new(Remembered);

    public Task<Guid?> FindAsync(Guid siteId, string what, string key, CancellationToken ct) =>
        what == "journey" ? FindJourneyAsync(siteId, key, ct) : lists.FindByKeyAsync(siteId, key, ct);

    async Task<Guid?> FindJourneyAsync(Guid siteId, string key, CancellationToken ct)
    {
        if (journeys.TryGet((siteId, key), out var known))
            return known;

        try
        {
            var journey = await definition.GetJourneyAsync(new GetJourneyRequest { Id = Keys.Prefix + key }, ServiceCall.For(siteId, ct));
            var journeyId = Guid.Parse(journey.Id);
            if (journey.Version > 0)
                journeys.Set((siteId, key), journeyId, weighing: 1);
            return journeyId;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }
}
