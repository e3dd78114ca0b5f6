using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.Ledgers.Clients;
using Journeys.Protos.Enrollment.V1;
using Outcome = Journeys.Protos.Enrollment.V1.ReportProgressRequest.Types.Outcome;

namespace Journeys.Simulations;

/// <summary>Where somebody was last seen, and what was to be shown there.</summary>
sealed record Seen(Enrollment Enrollment, Protos.Enrollment.V1.Step? Step);

/// <summary>Somebody who walks.</summary>
sealed class Person
{
    public string UserId { get; set; } = "";

    public string AnonymousId { get; set; } = "";

    /// <summary>Where they were last seen, by journey.</summary>
    public Dictionary<string, Seen> Known { get; } = [];

    public override string ToString() => UserId.Length > 0 ? UserId : AnonymousId;
}

/// <summary>A call that a client makes, and makes again while nobody knows what came of it.</summary>
/// <param name="Name">What traces say.</param>
/// <param name="Record">What the ledger is told of it, except the outcome; null for nothing.</param>
/// <param name="MakeAsync">Makes it. Returns what the ledger is told of the answer; null when nothing happened.</param>
sealed record Call(string Name, ClientCall? Record, Func<Rpcs, ClientCall?, Task<ClientCall?>> MakeAsync);

/// <summary>What the people of one site do, and what they were answered.</summary>
sealed class Clients(Random random, Guid siteId, SimulatedTime time)
{
    readonly List<ClientCall> record = [];
    readonly List<Call> unknown = [];
    readonly List<(string JourneyId, string StopId)> stops = [];
    int count;

    /// <summary>The ids of the journeys that may be entered.</summary>
    public List<string> Journeys { get; } = [];

    /// <summary>The id of the list whose members may be enrolled.</summary>
    public string List { get; set; } = "";

    /// <summary>Everybody.</summary>
    public IReadOnlyList<Person> People { get; } =
        [new() { UserId = "ada" }, new() { UserId = "bob" }, new() { UserId = "cleo" }, new() { AnonymousId = "visitor" }];

    /// <summary>What the ledger is told.</summary>
    public IReadOnlyList<ClientCall> Record => record;

    /// <summary>The next call: often one again of which nobody knows what came of it.</summary>
    public Call Next()
    {
        if (unknown.Count > 0 && random.Next(2) == 0)
        {
            var again = unknown[random.Next(unknown.Count)];
            unknown.Remove(again);
            return again;
        }

        // Few seeds stop everybody.
        if (stops.Count > 0 && random.Next(4) == 0)
            return UndoStop(stops[random.Next(stops.Count)]);

        var person = People[random.Next(People.Count)];
        var active = person.Known.Values.Where(seen => seen.Enrollment.Status == Enrollment.Types.Status.Active).ToList();
        var shown = active.Where(seen => seen.Step is not null).ToList();
        return random.Next(24) switch
        {
            < 5 => Enroll(person, Journeys[random.Next(Journeys.Count)]),
            < 10 when shown.Count > 0 => Report(person, shown[random.Next(shown.Count)]),
            < 14 => Does(person, random.Next(4) switch { 0 => "paid", 1 => "signed_up", _ => "made" }),
            14 or 18 => Identify(person, random.Next(4) switch { 0 => "free", 1 => "gone", _ => "pro" }),
            15 when active.Count > 0 => Stop(person, active[random.Next(active.Count)].Enrollment),
            16 => EnrollList(Journeys[random.Next(Journeys.Count)]),
            17 when person.UserId.Length == 0 => Join(person, "vera"),
            19 when random.Next(4) == 0 => Erase(People[2]),
            21 when active.Count > 0 => Leave(person, active[random.Next(active.Count)].Enrollment.JourneyId),
            20 when random.Next(2) == 0 => StopAll(Journeys[random.Next(Journeys.Count)]),
            _ => Look(person),
        };
    }

    /// <summary>Makes a call at a replica, which may be lost on the way there or back.</summary>
    public async Task<string> MakeAsync(Call call, Replica replica, Loss loss)
    {
        try
        {
            if (loss == Loss.OfRequest)
                throw new RpcException(new Status(StatusCode.Unavailable, "lost"));
            var answer = await call.MakeAsync(new Rpcs(replica, siteId), call.Record);
            if (loss == Loss.OfResponse)
                throw new RpcException(new Status(StatusCode.Unavailable, "lost"));
            if (answer is not null)
                record.Add(answer with { At = time.Now });
            return answer?.Outcome.ToString() ?? "done";
        }
        catch (RpcException problem)
        {
            var isKnown = problem.StatusCode is StatusCode.FailedPrecondition or StatusCode.NotFound or StatusCode.InvalidArgument;
            if (!isKnown)
                unknown.Add(call);
            var outcome = isKnown ? ClientOutcome.Failed : ClientOutcome.Unknown;
            if (call.Record is { } made)
                record.Add(made with { At = time.Now, Outcome = outcome });
            return $"{problem.StatusCode} {(isKnown ? problem.Status.Detail : "")}";
        }
    }

    ClientCall Of(ClientAction action, Person person) => new()
    {
        Call = action,
        Outcome = ClientOutcome.Ok,
        Site = siteId,
        UserId = person.UserId,
        AnonymousId = Anonymous(person),
    };

    static string Anonymous(Person person) => person.UserId.Length > 0 ? "" : person.AnonymousId;

    string NewId() => $"r-{++count}";

    Call Enroll(Person person, string journeyId)
    {
        var requestId = NewId();
        var request = new EnrollRequest
        {
            JourneyId = journeyId,
            UserId = person.UserId,
            AnonymousId = Anonymous(person),
            RequestId = requestId,
        };
        var record = Of(ClientAction.Enroll, person) with { JourneyId = Guid.Parse(journeyId), RequestId = requestId };
        return new($"{person} enters {journeyId}", record, async (rpcs, made) =>
        {
            var answer = await rpcs.Sdk.EnrollAsync(request);
            person.Known[journeyId] = new(answer.Enrollment, answer.Step);
            return made! with { EnrollmentId = Guid.Parse(answer.Enrollment.Id) };
        });
    }

    Call Report(Person person, Seen seen)
    {
        var (journeyId, step) = (seen.Enrollment.JourneyId, seen.Step!);
        var request = new ReportProgressRequest
        {
            JourneyId = journeyId,
            UserId = person.UserId,
            AnonymousId = Anonymous(person),
            NodeId = step.NodeId,
            VisitNo = step.VisitNo,
            Outcome = random.Next(4) == 0 ? Outcome.Dismissed : Outcome.Completed,
        };
        var record = Of(ClientAction.Report, person) with
        {
            EnrollmentId = Guid.Parse(seen.Enrollment.Id),
            VisitNo = step.VisitNo,
            Result = request.Outcome == Outcome.Completed ? "COMPLETED" : "DISMISSED",
        };
        return new($"{person} reports {step.NodeId} of visit {step.VisitNo}", record, async (rpcs, made) =>
        {
            var answer = await rpcs.Sdk.ReportProgressAsync(request);
            person.Known[journeyId] = new(answer.Enrollment, answer.Step);
            return answer.Held ? made! with { Outcome = ClientOutcome.Held } : answer.Applied ? made : null;
        });
    }

    Call Does(Person person, string name)
    {
        var id = NewId();
        var request = new RecordEventsRequest
        {
            UserId = person.UserId,
            AnonymousId = Anonymous(person),
            Events = { new Event { Id = id, Name = name } },
        };
        return new($"{person} did {name}", Of(ClientAction.Event, person) with { EventId = id }, async (rpcs, made) =>
        {
            Keep(person, (await rpcs.Sdk.RecordEventsAsync(request)).Journeys);
            return made;
        });
    }

    Call Identify(Person person, string plan)
    {
        var request = new IdentifyRequest
        {
            UserId = person.UserId,
            AnonymousId = Anonymous(person),
            Traits = new Struct { Fields = { ["plan"] = Value.ForString(plan) } },
        };
        return new($"{person} is {plan}", null, async (rpcs, _) =>
        {
            Keep(person, (await rpcs.Sdk.IdentifyAsync(request)).Journeys);
            return null;
        });
    }

    Call Join(Person person, string userId) => new($"{person} is {userId}", null, async (rpcs, _) =>
    {
        var answer = await rpcs.Sdk.IdentifyAsync(new() { UserId = userId, AnonymousId = person.AnonymousId });
        person.UserId = userId;
        Keep(person, answer.Journeys);
        return null;
    });

    Call Stop(Person person, Enrollment at)
    {
        var request = new StopEnrollmentRequest { JourneyId = at.JourneyId, EnrollmentId = at.Id };
        var record = Of(ClientAction.Stop, person) with { EnrollmentId = Guid.Parse(at.Id) };
        return new($"{person} stops {at.Id}", record, async (rpcs, made) =>
        {
            var answer = await rpcs.Enrollments.StopEnrollmentAsync(request);
            person.Known[at.JourneyId] = new(answer, null);
            return made;
        });
    }

    Call Leave(Person person, string journeyId)
    {
        var request = new StopRequest
        {
            JourneyId = journeyId,
            UserId = person.UserId,
            AnonymousId = Anonymous(person),
            RequestId = NewId(),
        };
        // Which enrollment it is, only the answer says.
        var record = Of(ClientAction.Stop, person);
        return new($"{person} opts out of {journeyId}", null, async (rpcs, _) =>
        {
            var answer = await rpcs.Sdk.StopAsync(request);
            person.Known[journeyId] = new(answer.Enrollment, null);
            return record with { EnrollmentId = Guid.Parse(answer.Enrollment.Id) };
        });
    }

    // The ledger passes over what was recorded of somebody who was erased.
    Call Erase(Person person) => new($"{person} is erased", Of(ClientAction.Erase, person), async (rpcs, made) =>
    {
        await rpcs.Profiles.EraseUserAsync(new() { UserId = person.UserId });
        return made;
    });

    Call StopAll(string journeyId)
    {
        var request = new CreateStopRequest
        {
            JourneyId = journeyId,
            Selection = new() { All = true },
            Reason = "Simulated",
            RequestId = NewId(),
        };
        return new($"everybody in {journeyId} is stopped", null, async (rpcs, _) =>
        {
            var job = await rpcs.Stops.CreateStopAsync(request);
            stops.Add((journeyId, job.Id));
            return null;
        });
    }

    static Call UndoStop((string JourneyId, string StopId) stop) => new($"stop {stop.StopId} is undone", null, async (rpcs, _) =>
    {
        await rpcs.Stops.UndoStopAsync(new() { JourneyId = stop.JourneyId, StopId = stop.StopId });
        return null;
    });

    Call EnrollList(string journeyId)
    {
        var request = new EnrollUsersRequest { JourneyId = journeyId, ListId = List, RequestId = NewId() };
        return new($"the list enters {journeyId}", null, async (rpcs, _) =>
        {
            await rpcs.Enrollments.EnrollUsersAsync(request);
            return null;
        });
    }

    Call Look(Person person) => new($"{person} looks", null, async (rpcs, _) =>
    {
        var answer = await rpcs.Sdk.ListPositionsAsync(new() { UserId = person.UserId, AnonymousId = Anonymous(person) });
        Keep(person, answer.Journeys);
        return null;
    });

    static void Keep(Person person, IEnumerable<Position> positions)
    {
        foreach (var position in positions)
            person.Known[position.JourneyId] = new(position.Enrollment, position.Step);
    }
}
