using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Journeys.Ledgers.Clients;
using Journeys.Testing;
using Journeys.Testing.Clients;

namespace Journeys.Clusters.Tests;

/// <summary>People who walk through a journey of two contents with a wait between, always so many at once: whoever arrives is followed by the next.</summary>
/// <remarks>Each walk needs the database, the broker (for the wait) and all services.</remarks>
public sealed class Walkers(CarefulClient client, Guid journeyId, int atOnce)
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    static readonly string[] Way = ["start", "one", "rest", "two", "end"];

    // Nobody walks twice.
    readonly Guid group = Guid.NewGuid();
    readonly CallLog calls = new();
    readonly ConcurrentBag<(long Begun, long Entered, long Arrived)> walks = [];
    Task walking = Task.CompletedTask;
    int count;
    volatile bool isOver;

    /// <summary>How many have arrived.</summary>
    public int Arrived => walks.Count;

    /// <summary>What the client was told.</summary>
    public IReadOnlyList<ClientCall> CallsOf(Guid siteId) => [.. calls.Calls.Select(call => call with { Site = siteId })];

    public void Start() => walking = Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => WalkOnAsync()));

    /// <summary>Lets nobody in any more, and waits until all have arrived.</summary>
    public Task StopAsync()
    {
        isOver = true;
        return walking;
    }

    /// <summary>Waits until some more have arrived.</summary>
    public Task MoreAsync(int people)
    {
        var before = Arrived;
        return UntilAsync(() => Arrived >= before + people, $"{people} more people to arrive");
    }

    /// <summary>Waits until somebody who set out after a moment has entered, and until one of those has arrived.</summary>
    /// <returns>How long after that moment each was.</returns>
    public async Task<(TimeSpan Entered, TimeSpan Arrived)> WorkGoesOnAsync(long since)
    {
        await UntilAsync(() => walks.Any(walk => walk.Begun > since), "somebody to arrive");
        var later = walks.Where(walk => walk.Begun > since).ToList();
        return (Stopwatch.GetElapsedTime(since, later.Min(walk => walk.Entered)), Stopwatch.GetElapsedTime(since, later.Min(walk => walk.Arrived)));
    }

    async Task UntilAsync(Func<bool> condition, string what)
    {
        await Eventually.True(() => Task.FromResult(walking.IsCompleted || condition()), what, Patience);
        if (walking.IsCompleted)
            await walking;
    }

    async Task WalkOnAsync()
    {
        while (!isOver)
            await WalkAsync($"walker-{Interlocked.Increment(ref count)}-{group}");
    }

    async Task WalkAsync(string userId)
    {
        var begun = Stopwatch.GetTimestamp();
        var key = Guid.NewGuid().ToString();
        var entered = (await client.PostAsync($"/sdk/journeys/{journeyId}/enroll", new { userId }, key: key)).Success;
        var enrollmentId = entered["enrollment"]!["id"]!.GetValue<Guid>();
        calls.Add(new ClientCall
        {
            Call = ClientAction.Enroll,
            Outcome = ClientOutcome.Ok,
            UserId = userId,
            JourneyId = journeyId,
            EnrollmentId = enrollmentId,
            RequestId = key,
        });
        var enteredAt = Stopwatch.GetTimestamp();

        // Each at its visit: start is 1, rest is 3.
        await ReportAsync(userId, enrollmentId, "one", 2);
        await ReportAsync(userId, enrollmentId, "two", 4);
        walks.Add((begun, enteredAt, Stopwatch.GetTimestamp()));
    }

    // A report whose answer was lost is told where the person is now.
    static bool IsPast(string nodeId, JsonNode answer) =>
        answer["applied"]?.GetValue<bool>() == true
        || Array.IndexOf(Way, answer["enrollment"]!["currentNodeId"]!.GetValue<string>()) > Array.IndexOf(Way, nodeId);

    // Until the person is there: before, a report changes nothing.
    async Task ReportAsync(string userId, Guid enrollmentId, string nodeId, int visitNo)
    {
        using var rest = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Patience; await rest.WaitForNextTickAsync())
        {
            var key = Guid.NewGuid().ToString();
            var answer = (await client.PostAsync(
                $"/sdk/journeys/{journeyId}/progress", new { userId, nodeId, outcome = "COMPLETED" }, key: key)).Success;
            if (!IsPast(nodeId, answer))
                continue;

            calls.Add(new ClientCall
            {
                Call = ClientAction.Report,
                Outcome = ClientOutcome.Ok,
                UserId = userId,
                EnrollmentId = enrollmentId,
                VisitNo = visitNo,
                Result = "COMPLETED",
                RequestId = key,
            });
            return;
        }

        throw new TimeoutException($"{userId} is not at {nodeId} after {Patience}.");
    }
}
