using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Failures;
using Definition = Journeys.Protos.Definition.V1;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Journeys;

/// <summary>Finds the journey of a call, and refuses with the matching reason if it does not accept people.</summary>
public sealed class RequireJourney(JourneyCatalog catalog, Definition.JourneyService.JourneyServiceClient definition, ApplyJourneyChange apply)
{
    /// <summary>
    /// Enrolls people in a journey. If it was archived and published again after it was read, enrolls them in the new
    /// version.
    /// </summary>
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="Refused">Reason JOURNEY_NOT_PUBLISHED, JOURNEY_PAUSED, SITE_HALTED or JOURNEY_ARCHIVED.</exception>
    public async Task<T> EnterAsync<T>(Guid siteId, Guid journeyId, Func<LiveJourney, Task<T>> enter, CancellationToken ct)
    {
        try
        {
            return await enter(await TakingPeopleAsync(siteId, journeyId, ct));
        }
        catch (NotYet)
        {
            await catalog.NowAsync(siteId, ct);
            return await enter(await TakingPeopleAsync(siteId, journeyId, ct));
        }
    }

    /// <summary>Returns a journey that accepts people now.</summary>
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="Refused">Reason JOURNEY_NOT_PUBLISHED, JOURNEY_PAUSED, SITE_HALTED or JOURNEY_ARCHIVED.</exception>
    public async Task<LiveJourney> TakingPeopleAsync(Guid siteId, Guid journeyId, CancellationToken ct)
    {
        var journey = await FindAsync(siteId, journeyId, ct);
        // Reads again before refusing, because another replica may have just applied a change.
        if (journey is { IsPublished: false })
            journey = (await catalog.NowAsync(siteId, ct)).Journeys.GetValueOrDefault(journeyId);
        return Availability.RefusalOf(journey?.Status, journey is { IsHalted: true }) is { } refused ? throw refused : journey!;
    }

    /// <summary>Returns a journey in any status; null for a draft that was never published.</summary>
    /// <exception cref="NotFound">The site has no such journey.</exception>
    public async Task<LiveJourney?> FindAsync(Guid siteId, Guid journeyId, CancellationToken ct)
    {
        var site = await catalog.OfAsync(siteId, ct);
        if (site.Journeys.TryGetValue(journeyId, out var journey))
            return journey;

        // It is a draft, or its first change has not arrived yet. Definition knows which.
        var known = await AskAsync(siteId, journeyId, ct);
        if (known.Version == 0)
            return null;

        var version = await definition.GetVersionAsync(
            new Definition.GetVersionRequest { Id = known.Id, Version = known.Version }, ServiceCall.For(siteId, ct));
        // The change number 0 makes every actual change newer than this provisional state.
        var state = new Events.JourneyState
        {
            SiteId = siteId.ToString(),
            JourneyId = known.Id,
            ChangeNo = 0,
            Status = known.Status,
            Version = known.Version,
            Time = known.UpdateTime,
        };
        await apply.PublishedAsync(new Events.JourneyPublished { State = state, Version = version }, ct);
        return (await catalog.OfAsync(siteId, ct)).Journeys.GetValueOrDefault(journeyId);
    }

    async Task<Definition.Journey> AskAsync(Guid siteId, Guid journeyId, CancellationToken ct)
    {
        try
        {
            return await definition.GetJourneyAsync(new Definition.GetJourneyRequest { Id = journeyId.ToString() }, ServiceCall.For(siteId, ct));
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            throw new NotFound("journey", journeyId);
        }
    }
}
