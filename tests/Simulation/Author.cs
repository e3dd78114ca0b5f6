using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.Protos.Definition.V1;

namespace Journeys.Simulations;

/// <summary>What the author does, made again under the same key while nobody knows what came of it.</summary>
/// <param name="Name">What traces say.</param>
/// <param name="MakeAsync">Makes it.</param>
sealed record Move(string Name, Func<Rpcs, Task> MakeAsync);

/// <summary>Changes the journeys, the audience and the site while people walk.</summary>
sealed class Author(Random random, Guid siteId, SimulatedTime time, IReadOnlyList<string> journeys)
{
    readonly List<Move> unknown = [];
    int count;

    /// <summary>The id of the audience.</summary>
    public string AudienceId { get; set; } = "";

    /// <summary>The next move: often one again of which nobody knows what came of it.</summary>
    public Move Next()
    {
        if (unknown.Count > 0 && random.Next(2) == 0)
        {
            var again = unknown[random.Next(unknown.Count)];
            unknown.Remove(again);
            return again;
        }

        var (id, key) = (journeys[random.Next(journeys.Count)], $"m-{++count}");
        return random.Next(16) switch
        {
            // The note tells LeftBehind which request made a version.
            < 2 => new(
                $"publishes {id}", rpcs => rpcs.Journeys.PublishJourneyAsync(new() { Id = id, RequestId = key, Note = key }).ResponseAsync),
            2 => new($"archives {id}", rpcs => rpcs.Journeys.ArchiveJourneyAsync(new() { Id = id, RequestId = key }).ResponseAsync),
            3 => new($"restores {id}", rpcs => rpcs.Journeys.RestoreJourneyAsync(new() { Id = id, RequestId = key }).ResponseAsync),
            < 6 => new($"pauses {id}", rpcs => rpcs.Journeys.PauseJourneyAsync(new() { Id = id, RequestId = key }).ResponseAsync),
            < 8 => PauseFor(id, key, TimeSpan.FromSeconds(30 + random.Next(300))),
            < 11 => Resume(id, key),
            11 => new("halts the site", rpcs => rpcs.Halts.HaltSiteAsync(new() { Id = $"{siteId}" }).ResponseAsync),
            12 => ResumeSite(),
            13 => new("narrows the audience", rpcs => ChangeAudienceAsync(rpcs, "pro")),
            _ => new("widens the audience", rpcs => ChangeAudienceAsync(rpcs, "pro", "free")),
        };
    }

    /// <summary>Resumes everything.</summary>
    public IReadOnlyList<Move> Resumes() => [ResumeSite(), .. journeys.Select(id => Resume(id, $"m-{++count}"))];

    /// <summary>Makes a move at a replica, which may be lost on the way there or back.</summary>
    public async Task<string> MakeAsync(Move move, Replica replica, Loss loss)
    {
        try
        {
            if (loss == Loss.OfRequest)
                throw new RpcException(new Status(StatusCode.Unavailable, "lost"));
            await move.MakeAsync(new Rpcs(replica, siteId));
            return loss == Loss.OfResponse ? throw new RpcException(new Status(StatusCode.Unavailable, "lost")) : "done";
        }
        catch (RpcException problem)
        {
            var isKnown = problem.StatusCode is StatusCode.FailedPrecondition or StatusCode.InvalidArgument;
            if (!isKnown)
                unknown.Add(move);
            return $"{problem.StatusCode} {(isKnown ? problem.Status.Detail : "")}";
        }
    }

    Move ResumeSite() => new("resumes the site", rpcs => rpcs.Halts.ResumeSiteAsync(new() { Id = $"{siteId}" }).ResponseAsync);

    // Waits ran on or stopped.
    Move Resume(string id, string key)
    {
        var policy = Policy();
        return new(
            $"resumes {id} {policy?.Timers}",
            rpcs => rpcs.Journeys.ResumeJourneyAsync(new() { Id = id, RequestId = key, Policy = policy }).ResponseAsync);
    }

    Journey.Types.PausePolicy? Policy() =>
        random.Next(2) == 0 ? null : new() { Timers = Journey.Types.PausePolicy.Types.Timers.Freeze };

    Move PauseFor(string id, string key, TimeSpan pause)
    {
        var (until, policy) = ((time.Now + pause).ToTimestamp(), Policy());
        return new(
            $"pauses {id} for {pause.TotalSeconds} s {policy?.Timers}",
            rpcs => rpcs.Journeys.PauseJourneyAsync(new() { Id = id, RequestId = key, ResumeTime = until, Policy = policy }).ResponseAsync);
    }

    Task<Audience> ChangeAudienceAsync(Rpcs rpcs, params string[] plans)
    {
        var wanted = Plans.Audience(plans);
        return rpcs.Audiences.UpdateAudienceAsync(new() { Id = AudienceId, Name = wanted.Name, Rule = wanted.Rule }).ResponseAsync;
    }
}
