using System.Text.Json;
using Journeys.Engine;
using Journeys.EngineContracts;
using Cause = Journeys.Protos.Simulation.V1.After.CauseOneofCase;
using Outcome = Journeys.Protos.Simulation.V1.OutcomeShare.Types.Outcome;
using Proto = Journeys.Protos.Simulation.V1;
using When = Journeys.Protos.Simulation.V1.Behavior.Types.Activity.WhenOneofCase;

namespace Journeys.PopulationSimulation;

/// <summary>How people finish the content of one node.</summary>
/// <param name="IsGiven">Whether the request describes it.</param>
/// <param name="Outcomes">The outcomes with their weights.</param>
/// <param name="Latency">How long people view the content before they finish it.</param>
/// <param name="Data">The data of the report.</param>
/// <param name="OutcomeStream">
/// Prefix of the outcome's stream; the number of the person's visit to the node is appended.
/// </param>
/// <param name="LatencyStream">
/// Prefix of the latency's stream; the number of the person's visit to the node is appended.
/// </param>
sealed record ContentModel(bool IsGiven, Weights<Outcome> Outcomes, Spans Latency, Generated Data, ulong OutcomeStream, ulong LatencyStream);

/// <summary>An activity, or a change of a trait, that follows a cause.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="PerMille">How often it follows, in cases per 1,000.</param>
/// <param name="Latency">The delay after the cause.</param>
/// <param name="Name">Prefix of the names of its streams.</param>
sealed record Following(Proto.After Cause, int PerMille, Spans Latency, string Name)
{
    public ulong ChanceStream { get; } = Luck.Stream($"after/{Name}");

    public ulong LatencyStream { get; } = Luck.Stream($"after/{Name}/latency");

    public static Following Read(Proto.After after, string name) =>
        new(after, after.PerMille == 0 ? 1_000 : after.PerMille, Spans.Read(after.Latency, new Spans.Fixed(0)), name);
}

/// <summary>An activity of people.</summary>
sealed class ActivityModel(Proto.Behavior.Types.Activity given, string name, DateTimeOffset start)
{
    public string EventName => given.EventName;

    public string Url => given.Url;

    public When When => given.WhenCase;

    /// <summary>The intervals between two occurrences.</summary>
    public Spans Every { get; } = new Spans.Exponential(Math.Max(1, Spans.Milliseconds(given.Every)));

    public ulong EveryStream { get; } = Luck.Stream($"every/{name}");

    public Following? After { get; } = given.After is null ? null : Following.Read(given.After, name);

    public int DailyMinute { get; } = given.WhenCase == When.DailyAt ? Sessions.Minutes(given.DailyAt, 0) : 0;

    public Spans Jitter { get; } = Spans.Read(given.Jitter, new Spans.Fixed(0));

    public ulong JitterStream { get; } = Luck.Stream($"jitter/{name}");

    public Generated Properties { get; } = new(given.Properties, $"property/{name}", start);

    readonly ulong doesStream = Luck.Stream($"does/{name}");

    /// <summary>Returns whether a person does this at all.</summary>
    public bool IsDoneBy(Luck luck) => luck.Happens(given.PerMilleOfPeople == 0 ? 1_000 : given.PerMilleOfPeople, doesStream);
}

/// <summary>A change of a trait.</summary>
sealed record TraitModel(string Trait, JsonElement Value, Following After);

/// <summary>How people behave in one design.</summary>
sealed class BehaviorModel
{
    static readonly Proto.OutcomeShare[] Preset =
    [
        new() { Outcome = Outcome.Completed, Share = 6_000 },
        new() { Outcome = Outcome.Dismissed, Share = 2_000 },
        new() { Outcome = Outcome.Skipped, Share = 500 },
        new() { Outcome = Outcome.Nothing, Share = 1_500 },
    ];

    readonly Dictionary<string, ContentModel> contents;
    readonly Dictionary<string, int[]> onNode;
    readonly Dictionary<string, int[]> onEvent;

    public BehaviorModel(Proto.Behavior? behavior, CompiledJourney journey, DateTimeOffset start)
    {
        var given = behavior ?? new();
        Sessions = new(given.Sessions);
        contents = journey.Nodes.OfType<ContentNode>().ToDictionary(node => node.Id, node => Read(Find(given, node), node, start), StringComparer.Ordinal);
        Activities = [.. given.Activities.Select((activity, i) => new ActivityModel(activity, NameOf(given, i), start))];
        TraitChanges =
        [
            .. given.TraitChanges.Select((change, i) => new TraitModel(
                change.Trait, Json.ToElement(change.Value), Following.Read(change.After, $"trait/{change.Trait}/{given.TraitChanges.Take(i).Count(before => before.Trait == change.Trait)}"))),
        ];
        Followings =
        [
            .. Activities.Select((activity, i) => (activity.After!, i, -1)).Where(following => following.Item1 is not null),
            .. TraitChanges.Select((change, i) => (change.After, -1, i)),
        ];
        OnEntry = Where(cause => cause.CauseCase == Cause.Entry);
        onNode = Followings.Select(following => following.Following.Cause.NodeId).Distinct().ToDictionary(
            id => id, id => Where(cause => cause.CauseCase == Cause.NodeId && cause.NodeId == id), StringComparer.Ordinal);
        onEvent = Followings.Select(following => following.Following.Cause.EventName).Distinct().ToDictionary(
            name => name, name => Where(cause => cause.CauseCase == Cause.EventName && cause.EventName == name), StringComparer.Ordinal);
    }

    public Sessions Sessions { get; }

    /// <summary>
    /// The activities and trait changes that follow a cause, each by its index in one of the lists below; -1 in the
    /// other.
    /// </summary>
    public IReadOnlyList<(Following Following, int Activity, int Trait)> Followings { get; }

    public IReadOnlyList<int> OnEntry { get; }

    public IReadOnlyList<int> OnNode(string nodeId) => onNode.GetValueOrDefault(nodeId, []);

    public IReadOnlyList<int> OnEvent(string eventName) => onEvent.GetValueOrDefault(eventName, []);

    /// <summary>Returns whether an event is another event, or causes it directly or indirectly.</summary>
    public bool Leads(string eventName, string another)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([eventName]);
        while (open.TryPop(out var name))
        {
            if (name == another)
                return true;
            if (!known.Add(name))
                continue;
            foreach (var which in OnEvent(name).Where(which => Followings[which].Activity >= 0))
                open.Push(Activities[Followings[which].Activity].EventName);
        }

        return false;
    }

    public IReadOnlyList<ActivityModel> Activities { get; }

    public IReadOnlyList<TraitModel> TraitChanges { get; }

    public ContentModel Of(ContentNode node) => contents[node.Id];

    int[] Where(Func<Proto.After, bool> isCause) =>
        [.. Followings.Index().Where(following => isCause(following.Item.Following.Cause)).Select(following => following.Index)];

    // The entry of the node takes precedence, then the entry of the content item, then the entry for all content.
    static Proto.Behavior.Types.Content? Find(Proto.Behavior given, ContentNode node) =>
        given.Contents.FirstOrDefault(content => content.NodeId == node.Id)
        ?? given.Contents.FirstOrDefault(content => content.NodeId.Length == 0 && content.ContentId == node.ContentId)
        ?? given.Contents.FirstOrDefault(content => content.NodeId.Length == 0 && content.ContentId.Length == 0);

    static ContentModel Read(Proto.Behavior.Types.Content? given, ContentNode node, DateTimeOffset start) => new(
        given is not null,
        new([.. (given is { Outcomes.Count: > 0 } ? (IEnumerable<Proto.OutcomeShare>)given.Outcomes : Preset).Select(share => (share.Outcome, share.Share))]),
        Spans.Read(given?.Latency, new Spans.Lognormal(40_000, 1_000)),
        new(given is null ? [] : given.Data, $"data/{node.Id}", start),
        Luck.Stream($"outcome/{node.Id}/"),
        Luck.Stream($"latency/{node.Id}/"));

    // Activities with the same event have streams of their own.
    static string NameOf(Proto.Behavior given, int i) =>
        $"{given.Activities[i].EventName}/{given.Activities.Take(i).Count(before => before.EventName == given.Activities[i].EventName)}";
}
