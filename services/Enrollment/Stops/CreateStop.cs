using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Requests;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Proto = Journeys.Protos.Enrollment.V1;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Stops;

/// <summary>Starts the job that stops everybody inside a journey whom a selection matches.</summary>
public sealed class CreateStop(RequireJourney require, JourneyCatalog catalog, SelectionQueries people, BeginJob jobs, Clock clock)
{
    const int MaxReason = 500;
    static readonly TimeSpan UsualUndoWithin = TimeSpan.FromDays(7);
    static readonly TimeSpan LongestUndoWithin = TimeSpan.FromDays(30);

    /// <summary>Returns the job. A repeat of the request returns the same job.</summary>
    /// <exception cref="Conflict">Reason IMPACT_CHANGED: more people match than expected.</exception>
    public Task<Scheduler.Job> HandleAsync(
        Guid siteId, string createdBy, Guid journeyId, Proto.CreateStopRequest request, RequestKey? key, CancellationToken ct)
    {
        var undoWithin = ReadUndoWithin(request);
        return jobs.HandleAsync<StopRow>(
            siteId,
            key,
            new(
                async stopId => (await ReadAsync(siteId, stopId, journeyId, request, ct)) with { CreatedBy = createdBy },
                (transaction, row) => StopStore.AddAsync(transaction, row, undoWithin, clock.Given, ct),
                (transaction, stopId) => StopStore.FindAsync(transaction, siteId, stopId, ct),
                ToRequest,
                CrashPoint.StopClaimed),
            ct);
    }

    // Returns how long the stop can be undone; null for never.
    static TimeSpan? ReadUndoWithin(Proto.CreateStopRequest request)
    {
        if (request.UndoWithin is not { } given)
            return UsualUndoWithin;
        if (!ProtoTimes.IsSpan(given) || given.Seconds < 0 || given.Nanos < 0 || given.ToTimeSpan() > LongestUndoWithin)
            throw new InvalidInput("undoWithin", $"must be from 0 seconds to {LongestUndoWithin.Days} days.");
        return given.ToTimeSpan() == TimeSpan.Zero ? null : given.ToTimeSpan();
    }

    async Task<StopRow> ReadAsync(Guid siteId, Guid stopId, Guid journeyId, Proto.CreateStopRequest request, CancellationToken ct)
    {
        var reason = Check.Text(request.Reason, 1, MaxReason, "reason");
        if (string.IsNullOrWhiteSpace(reason))
            throw new InvalidInput("reason", "must not be blank.");
        var rate = request.HasPeoplePerSecond ? Check.Range(request.PeoplePerSecond, 1, Limits.PeoplePerSecond, "peoplePerSecond") : 0;
        var expected = request.HasExpectedPeople ? Check.Range(request.ExpectedPeople, 0, int.MaxValue, "expectedPeople") : (int?)null;
        var selection = await SelectAsync(siteId, journeyId, request.Selection, ct);
        var matching = await people.CountToStopAsync(selection, ct);
        ExpectedPeople.Require(matching, expected);

        return new()
        {
            SiteId = siteId,
            StopId = stopId,
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

    static Scheduler.StartJobRequest ToRequest(StopRow stop) => new()
    {
        Kind = Scheduler.Job.Types.Kind.Stop,
        JourneyId = stop.JourneyId.ToString(),
        SubjectId = stop.StopId.ToString(),
        Total = stop.People,
        PeoplePerSecond = stop.PeoplePerSecond,
    };
}
