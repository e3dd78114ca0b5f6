using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Stops;

/// <summary>Starts the job that stops everybody inside a journey whom a selection matches.</summary>
public sealed class CreateStop(
    NpgsqlDataSource source, RequireJourney require, JourneyCatalog catalog, SelectionQueries people, IdempotencyKeys keys,
    Scheduler.SchedulerService.SchedulerServiceClient scheduler, Clock clock, TimeProvider time)
{
    const int MaxReason = 500;

    /// <summary>Returns the job. A repeat of the request returns the same job.</summary>
    /// <exception cref="Conflict">Reason IMPACT_CHANGED: more people match than expected.</exception>
    public async Task<Scheduler.Job> HandleAsync(Guid siteId, Guid journeyId, Proto.CreateStopRequest request, RequestKey? key, CancellationToken ct)
    {
        var stopId = await keys.FindAsync(key, ct) is { Made: [var known, ..] }
            ? known
            : await AddAsync(await ReadAsync(siteId, journeyId, request, ct), key, ct);
        // The Scheduler returns the existing job for a repeated id, so a repeat after a crash at this point starts no
        // second job.
        Crash.At(CrashPoint.StopClaimed);
        return await StartAsync(siteId, stopId, ct);
    }

    async Task<StopRow> ReadAsync(Guid siteId, Guid journeyId, Proto.CreateStopRequest request, CancellationToken ct)
    {
        var reason = Check.Text(request.Reason, 1, MaxReason, "reason");
        if (string.IsNullOrWhiteSpace(reason))
            throw new InvalidInput("reason", "must not be blank.");
        var rate = request.HasPeoplePerSecond ? Check.Range(request.PeoplePerSecond, 1, Limits.PeoplePerSecond, "peoplePerSecond") : 0;
        var expected = request.HasExpectedPeople ? Check.Range(request.ExpectedPeople, 0, int.MaxValue, "expectedPeople") : (int?)null;
        var selection = await SelectAsync(siteId, journeyId, request.Selection, ct);
        var (nodes, _) = await people.CountAsync(selection, examples: 0, ct);
        var matching = nodes.Sum(node => node.People);
        ExpectedPeople.Require(matching, expected);

        return new()
        {
            SiteId = siteId,
            StopId = FreshId.Make(time.GetUtcNow()),
            JourneyId = journeyId,
            NodeIds = selection.NodeIds,
            Versions = selection.Versions,
            Rule = request.Selection.Rule?.ToByteArray(),
            ProfileIds = selection.ProfileIds,
            Reason = reason,
            PeoplePerSecond = rate,
            People = matching,
        };
    }

    /// <summary>Checks a selection, and finds the profiles of the users that it names.</summary>
    public async Task<Selection> SelectAsync(Guid siteId, Guid journeyId, Proto.Selection? given, CancellationToken ct)
    {
        await require.FindAsync(siteId, journeyId, ct);
        var (selection, userIds) = Selection.Read(siteId, journeyId, given, await catalog.NowAsync(siteId, ct));
        return userIds.Length == 0 ? selection : selection with { ProfileIds = await people.ListProfilesAsync(siteId, userIds, ct) };
    }

    Task<Guid> AddAsync(StopRow row, RequestKey? key, CancellationToken ct) => source.InTransactionAsync(
        async transaction =>
        {
            if (await keys.ClaimAsync(transaction, key, [row.StopId], ct) is { Made: [var first, ..] })
                return first;

            await StopStore.AddAsync(transaction, row, clock.Given, ct);
            return row.StopId;
        },
        ct);

    async Task<Scheduler.Job> StartAsync(Guid siteId, Guid stopId, CancellationToken ct)
    {
        var stop = await source.InTransactionAsync(transaction => StopStore.FindAsync(transaction, siteId, stopId, ct), ct)
            ?? throw new NotFound("stop", stopId);
        return await scheduler.StartJobAsync(
            new()
            {
                Id = stopId.ToString(),
                Kind = Scheduler.Job.Types.Kind.Stop,
                JourneyId = stop.JourneyId.ToString(),
                SubjectId = stopId.ToString(),
                Total = stop.People,
                PeoplePerSecond = stop.PeoplePerSecond,
            },
            ServiceCall.For(siteId, ct));
    }
}
