using System.Text.Json;
using System.Text.Json.Nodes;
using Journeys.Engine;
using Outcome = Journeys.Protos.Simulation.V1.OutcomeShare.Types.Outcome;
using When = Journeys.Protos.Simulation.V1.Behavior.Types.Activity.WhenOneofCase;

namespace Journeys.PopulationSimulation;

/// <summary>Moves people through one design, one person after another, each through the whole virtual time.</summary>
/// <remarks>A queue holds what happens to the person; the engine decides the effect.</remarks>
sealed partial class PersonRun(TriedDesign design, SimulationInput input, Tally tally)
{
    /// <summary>Maximum number of events of one person; further events are left out.</summary>
    public const int MostEvents = 10_000;

    // The default of the Scheduler's `SweepIntervalSeconds`.
    static readonly TimeSpan BetweenSweeps = TimeSpan.FromMinutes(15);
    static readonly ulong EntryStream = Luck.Stream("entry");

    readonly BehaviorModel model = design.Model;
    readonly PriorityQueue<ToCome, (long Ticks, int Rank, int Order)> queue = new();
    readonly int[] occurrences = new int[design.Model.Activities.Count];
    readonly int[] followed = new int[design.Model.Followings.Count];
    readonly int[] nodeVisits = new int[design.Nodes.Count];
    readonly Dictionary<string, DateTimeOffset[]> counted = new(StringComparer.Ordinal);
    readonly List<FinishedContent> contents = [];
    readonly bool entersByDesign = input.Request.Entry?.KindCase is null or Protos.Simulation.V1.Entry.KindOneofCase.None;

    Someone someone = null!;
    Timeline? timeline;
    Zone zone = Calendar.Utc;
    JsonElement traits;
    DateTimeOffset now;
    int order;
    int events;

    /// <summary>A scheduled occurrence.</summary>
    readonly record struct ToCome(Kind What, int Which = 0, int Attempt = 0, long N = 0);

    enum Kind
    {
        Timer,
        Report,
        Again,
        Daily,
        Follow,
        Admit,
        Sweep,
    }

    /// <summary>Simulates one person.</summary>
    /// <param name="person">The person.</param>
    /// <param name="keep">Records the person's timeline; null for no record.</param>
    /// <param name="ct">Cancels the run, because one person can take long.</param>
    public PersonResult Run(Someone person, Timeline? keep = null, CancellationToken ct = default)
    {
        Begin(person, keep);
        Expect();
        while (queue.TryPeek(out var next, out var at) && at.Ticks < input.End.UtcTicks)
        {
            ct.ThrowIfCancellationRequested();
            queue.Dequeue();
            now = new(at.Ticks, TimeSpan.Zero);
            Happen(next);
        }

        now = input.End;
        return Conclude();
    }

    void Begin(Someone person, Timeline? keep)
    {
        (someone, timeline, traits, now) = (person, keep, person.Traits, input.Start);
        zone = Calendar.Zone(person.ZoneName, design.Journey.TimeZone);
        (order, events) = (0, 0);
        queue.Clear();
        counted.Clear();
        contents.Clear();
        Array.Clear(occurrences);
        Array.Clear(followed);
        Array.Clear(nodeVisits);
        BeginAttempts();
    }

    // Schedules what happens independently of the journey.
    void Expect()
    {
        var entry = input.Request.Entry;
        if (entry?.AllAtOnce is not null)
            Push(now, new(Kind.Admit));
        else if (entry?.Spread is { } spread)
            Push(now.AddMilliseconds(someone.Luck.Below(Math.Max(1, Spans.Milliseconds(spread.Span)), EntryStream)), new(Kind.Admit));
        else if (design.AutoEnrolls)
            Push(now, new(Kind.Sweep));

        for (var i = 0; i < model.Activities.Count; i++)
        {
            var activity = model.Activities[i];
            if (activity.When == When.After || !activity.IsDoneBy(someone.Luck))
                continue;
            if (activity.When == When.Every)
                PushAgain(i, 0);
            else
                PushDaily(i, DateOnly.FromDateTime((now + zone.GetUtcOffset(now)).UtcDateTime).DayNumber);
        }
    }

    void PushAgain(int which, long n) => PushAfter(
        model.Activities[which].Every.Of(someone.Luck.Draw(model.Activities[which].EveryStream, n)), new(Kind.Again, which, N: n));

    // Schedules the first occurrence, from this day on, whose time is not in the past.
    void PushDaily(int which, long day)
    {
        var activity = model.Activities[which];
        for (; ; day++)
        {
            var at = Calendar.Instant(DateOnly.FromDayNumber((int)day).ToDateTime(TimeOnly.MinValue).AddMinutes(activity.DailyMinute), zone)
                .AddMilliseconds(activity.Jitter.Of(someone.Luck.Draw(activity.JitterStream, day)));
            if (at < now)
                continue;
            Push(at, new(Kind.Daily, which, N: day));
            return;
        }
    }

    // Timers go first, because a timeout takes precedence over an event at the same time.
    void Push(DateTimeOffset at, ToCome what) => queue.Enqueue(what, (at.UtcTicks, what.What == Kind.Timer ? 0 : 1, order++));

    // A time beyond the longest span is never reached. The queue is bounded, so a person whose every step causes
    // several more counts as too busy.
    void PushAfter(long milliseconds, ToCome what)
    {
        if (milliseconds > Spans.Longest)
            return;
        if (queue.Count < MostEvents)
            Push(now.AddMilliseconds(milliseconds), what);
        else
            events = Math.Max(events, MostEvents + 1);
    }

    void Happen(ToCome next)
    {
        switch (next.What)
        {
            case Kind.Timer when next.Attempt == attempts:
                Apply(new Signal.TimerElapsed((int)next.N));
                break;
            case Kind.Report when next.Attempt == attempts && progress.VisitNo == next.N && IsActive:
                Report(next);
                break;
            case Kind.Again:
                Do(next.Which);
                if (events <= MostEvents)
                    PushAgain(next.Which, next.N + 1);
                break;
            case Kind.Daily:
                Do(next.Which);
                if (events <= MostEvents)
                    PushDaily(next.Which, next.N + 1);
                break;
            case Kind.Follow:
                Follow(model.Followings[next.Which]);
                break;
            case Kind.Admit:
                timeline?.Admitted(now);
                if (MayBegin())
                    Enter(null, "api");
                break;
            case Kind.Sweep:
                if (MayBegin() && design.Belongs(Known(), now))
                    Enter(null, "sweep");
                if (design.SweepsAgain && (attempts == 0 || design.ReEntry.Policy != ReEntryPolicy.Never))
                    Push(now + BetweenSweeps, new(Kind.Sweep));
                break;
        }
    }

    void Report(ToCome next)
    {
        var node = (ContentNode)design.Nodes[place];
        var outcome = (Outcome)next.Which switch
        {
            Outcome.Dismissed => ContentOutcome.Dismissed,
            Outcome.Skipped => ContentOutcome.Skipped,
            _ => ContentOutcome.Completed,
        };
        var reported = new Signal.Reported(node.Id, outcome, model.Of(node).Data.Make(someone.Luck, nodeVisits[place]), progress.VisitNo);
        timeline?.Reported(reported, now);
        if (Apply(reported) && design.AsksForContent)
            News(null);
    }

    void Follow((Following Following, int Activity, int Trait) next)
    {
        if (next.Activity >= 0)
        {
            Do(next.Activity);
            return;
        }

        // A change that follows an entry can admit the person again at once, without end.
        if (++events > MostEvents)
            return;
        var change = model.TraitChanges[next.Trait];
        var all = JsonNode.Parse(traits.GetRawText())!.AsObject();
        if (change.Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            all.Remove(change.Trait);
        else
            all[change.Trait] = JsonNode.Parse(change.Value.GetRawText());
        traits = JsonElement.Parse(all.ToJsonString());
        timeline?.Changed(change.Trait, change.Value, now);
        News(null);
    }

    void Do(int which)
    {
        if (++events > MostEvents)
            return;

        var activity = model.Activities[which];
        var happened = new PersonEvent(activity.EventName, now, activity.Properties.Make(someone.Luck, occurrences[which]++), activity.Url);
        timeline?.Did(happened);
        Count(happened);
        News(happened);
        Cause(model.OnEvent(activity.EventName));
    }

    // Counts events as the database does: the newest first, as many as the rules need.
    void Count(PersonEvent happened)
    {
        foreach (var counter in design.Counted)
        {
            if (counter.Event.Name != happened.Name || counter.Where?.Invoke(new Facts(Known(), null, happened, now)) == false)
                continue;
            var before = counted.GetValueOrDefault(counter.Key, []);
            counted[counter.Key] = [now, .. before.AsSpan(0, Math.Min(before.Length, counter.Event.AtLeast - 1))];
        }
    }

    // Schedules what follows a cause that has just occurred.
    void Cause(IReadOnlyList<int> followings)
    {
        foreach (var which in followings)
        {
            var (following, activity, _) = model.Followings[which];
            var n = followed[which]++;
            if (activity >= 0 && !model.Activities[activity].IsDoneBy(someone.Luck))
                continue;
            if (someone.Luck.Happens(following.PerMille, following.ChanceStream, n))
                PushAfter(following.Latency.Of(someone.Luck.Draw(following.LatencyStream, n)), new(Kind.Follow, which));
        }
    }

    Person Known() => new()
    {
        UserId = someone.UserId,
        FirstId = someone.UserId,
        Traits = traits,
        Context = someone.Context,
        TimeZone = someone.ZoneName,
        Counted = counted,
        Contents = contents,
        Audience = design.FindAudience,
    };
}

/// <summary>The result of one person.</summary>
/// <param name="Ending">The status of the last attempt.</param>
/// <param name="Way">A hash of the path: equal for people who visited the same nodes by the same branches.</param>
readonly record struct PersonResult(string Ending, ulong Way);
