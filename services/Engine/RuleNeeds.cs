namespace Journeys.Engine;

/// <summary>The data about a person that rules need.</summary>
public sealed class RuleNeeds
{
    /// <summary>Names of the events that rules count.</summary>
    public HashSet<string> Events { get; } = new(StringComparer.Ordinal);

    /// <summary>The events that rules count, by <see cref="CountedEvent.KeyOf"/>.</summary>
    public Dictionary<string, CountedEvent> Counted { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of the events that waits, triggers and exit rules react to.</summary>
    public HashSet<string> Awaited { get; } = new(StringComparer.Ordinal);

    /// <summary>The content that rules ask for.</summary>
    public HashSet<string> Contents { get; } = new(StringComparer.Ordinal);

    /// <summary>The audiences that rules name. The needs of these audiences are not included.</summary>
    public HashSet<Guid> Audiences { get; } = [];

    /// <summary>Returns the needs of one rule.</summary>
    public static RuleNeeds Of(Rule rule)
    {
        var needs = new RuleNeeds();
        needs.Add(rule);
        return needs;
    }

    /// <summary>Returns the needs of a journey while people are in it.</summary>
    public static RuleNeeds Of(JourneyGraph graph, Goal? goal, IReadOnlyList<ExitRule> exits)
    {
        var needs = new RuleNeeds();
        if (goal is not null)
            needs.Add(goal.Rule);
        foreach (var exit in exits)
            needs.Add(exit);
        foreach (var node in graph.Nodes)
            needs.Add(node);
        return needs;
    }

    /// <summary>Adds the needs of another set.</summary>
    public RuleNeeds Add(RuleNeeds other)
    {
        Events.UnionWith(other.Events);
        foreach (var (key, counted) in other.Counted)
            Add(key, counted);
        Awaited.UnionWith(other.Awaited);
        Contents.UnionWith(other.Contents);
        Audiences.UnionWith(other.Audiences);
        return this;
    }

    /// <summary>Returns these needs with those of the audiences that they name, directly or indirectly.</summary>
    /// <param name="find">Returns the needs of an audience's rule; null when there is no such audience.</param>
    public RuleNeeds WithAudiences(Func<Guid, RuleNeeds?> find)
    {
        var all = new RuleNeeds().Add(this);
        var open = new Queue<Guid>(Audiences);
        while (open.TryDequeue(out var audienceId))
        {
            if (find(audienceId) is not { } needs)
                continue;
            foreach (var next in needs.Audiences.Where(next => !all.Audiences.Contains(next)))
                open.Enqueue(next);
            all.Add(needs);
        }

        return all;
    }

    void Add(string key, CountedEvent counted) => Counted[key] = Counted.TryGetValue(key, out var known) ? known.And(counted) : counted;

    void Add(ExitRule exit)
    {
        if (exit.When is { } when)
            Add(when);
        if (exit.On is { } on)
            Awaited.Add(on.EventName);
    }

    void Add(Node node)
    {
        switch (node)
        {
            case ConditionNode condition:
                foreach (var branch in condition.Branches)
                    Add(branch.Rule);
                break;
            case GoalCheckNode { Rule: { } rule }:
                Add(rule);
                break;
            case WaitForEventNode hold:
                Awaited.UnionWith(hold.Events.Select(filter => filter.EventName));
                break;
        }
    }

    void Add(Rule rule)
    {
        switch (rule)
        {
            case GroupRule group:
                foreach (var part in group.Rules)
                    Add(part);
                break;
            case NotRule not:
                Add(not.Rule);
                break;
            case EventRule happened:
                Events.Add(happened.Name);
                Add(CountedEvent.KeyOf(happened), CountedEvent.Of(happened));
                break;
            case ContentRule content:
                Contents.Add(content.ContentId);
                break;
            case AudienceRule audience:
                Audiences.Add(audience.AudienceId);
                break;
        }
    }
}
