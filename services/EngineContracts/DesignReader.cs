using System.Globalization;
using Journeys.Engine;
using Journeys.Protos;
using Definition = Journeys.Protos.Definition.V1;
using Proto = Journeys.Protos.Graph.V1;

namespace Journeys.EngineContracts;

/// <summary>Converts the designs of authors to the engine's types.</summary>
public static class DesignReader
{
    static readonly string[] TimeFormats = ["HH:mm", "HH:mm:ss"];

    /// <summary>
    /// Returns everything that prevents the publication of a design's graph and goal, including malformed parts and
    /// rules that cost too much.
    /// </summary>
    public static IReadOnlyList<Problem> Validate(Definition.Design design, RuleCosts costs)
    {
        var problems = new List<Problem>();
        var (graph, goal, exits) = (ReadGraph(design.Graph, problems), ReadGoal(design.Goal), ReadExits(design));
        problems.AddRange(GraphValidator.Validate(graph, goal, exits));
        problems.AddRange(JourneyBudget.Validate(graph, goal, exits, costs));
        return problems;
    }

    /// <summary>Compiles a published design for execution.</summary>
    public static CompiledJourney Compile(Guid journeyId, Definition.Design design) =>
        CompiledJourney.Compile(journeyId, ReadGraph(design.Graph, []), ReadGoal(design.Goal), design.TimeZone, ReadExits(design));

    /// <summary>Reads the goal; null when there is none.</summary>
    public static Goal? ReadGoal(Definition.Goal? goal) =>
        RuleReader.Read(goal?.Rule) is { } rule ? new Goal(rule, goal!.Deadline?.ToTimeSpan(), goal.ExitOnGoal) : null;

    /// <summary>Reads who may enter again, and when; nobody if the design does not say.</summary>
    public static ReEntry ReadReEntry(Definition.Design design) => new(
        design.ReEnrollment switch
        {
            Definition.Journey.Types.ReEnrollment.Always => ReEntryPolicy.Always,
            Definition.Journey.Types.ReEnrollment.AfterEarlyExit => ReEntryPolicy.AfterEarlyExit,
            _ => ReEntryPolicy.Never,
        },
        design.ReEnrollmentCooldown?.ToTimeSpan() ?? TimeSpan.Zero);

    /// <summary>Reads the exit rules, in order.</summary>
    public static IReadOnlyList<ExitRule> ReadExits(Definition.Design design) =>
    [
        .. design.Exits.Select(exit => new ExitRule(
            exit.Name, exit.LeftAudience ? NotOf(design.AudienceId) : RuleReader.Read(exit.Rule), exit.Event is { } on ? new EventFilter(on.EventName, RuleReader.Read(on.Where)) : null, exit.Outcome)),
    ];

    // Returns a rule for people outside the journey's audience; null when there is no audience.
    static NotRule? NotOf(string audienceId) =>
        Guid.TryParseExact(audienceId, "D", out var id) ? new NotRule(new AudienceRule(id)) : null;

    /// <summary>
    /// Reads the graph. A malformed node is reported and replaced, so that the rest can be checked too.
    /// </summary>
    public static JourneyGraph ReadGraph(Proto.Graph? graph, List<Problem> problems) => new(
        [.. (graph?.Nodes ?? []).Select(node => ReadNode(node, problems))],
        [.. (graph?.Edges ?? []).Select(edge => new Edge(edge.Id, edge.Source, edge.Target, edge.Branch))]);

    static Node ReadNode(Proto.Node node, List<Problem> problems)
    {
        var id = node.Id;
        void Report(string code, string path, string message) => problems.Add(new(code, $"graph.nodes[{id}]{path}", message, id));

        switch (node.KindCase)
        {
            case Proto.Node.KindOneofCase.Trigger:
                return new TriggerNode(id, ReadTrigger(node.Trigger, Report));
            case Proto.Node.KindOneofCase.Content:
                if (node.Content.ContentType == Proto.Content.Types.ContentType.Unspecified)
                    Report("MISSING", ".content.contentType", "is required.");
                return new ContentNode(
                    id, node.Content.ContentType.Text(), node.Content.ContentId, Json.ToElement(node.Content.Payload),
                    node.Content.ExpireAfter?.ToTimeSpan());
            case Proto.Node.KindOneofCase.Wait:
                return new WaitNode(id, ReadWait(node.Wait, Report));
            case Proto.Node.KindOneofCase.WaitForEvent:
                return new WaitForEventNode(
                    id, [.. node.WaitForEvent.Events.Select(filter => new EventFilter(filter.EventName, RuleReader.Read(filter.Where)))],
                    node.WaitForEvent.Timeout?.ToTimeSpan());
            case Proto.Node.KindOneofCase.Condition:
                return new ConditionNode(
                    id, [.. node.Condition.Branches.Select(branch => new NamedRule(branch.Name, RuleReader.Read(branch.Rule)!))]);
            case Proto.Node.KindOneofCase.Split:
                return new SplitNode(id, [.. node.Split.Variants.Select(variant => new Variant(variant.Name, variant.Percent))]);
            case Proto.Node.KindOneofCase.GoalCheck:
                return new GoalCheckNode(id, RuleReader.Read(node.GoalCheck.Rule));
            case Proto.Node.KindOneofCase.Exit:
                return new ExitNode(id, node.Exit.Outcome);
            default:
                Report("MISSING_KIND", "", "must have a kind: trigger, content, wait, waitForEvent, condition, split, goalCheck or exit.");
                return new WaitNode(id, new DurationWait(TimeSpan.FromSeconds(1)));
        }
    }

    static Trigger ReadTrigger(Proto.Trigger trigger, Action<string, string, string> report)
    {
        switch (trigger.KindCase)
        {
            case Proto.Trigger.KindOneofCase.Manual:
                return new ManualTrigger();
            case Proto.Trigger.KindOneofCase.CustomEvent:
                return new CustomEventTrigger(trigger.CustomEvent.EventName, RuleReader.Read(trigger.CustomEvent.Where));
            case Proto.Trigger.KindOneofCase.ElementClick:
                return new ElementClickTrigger(trigger.ElementClick.Selector);
            case Proto.Trigger.KindOneofCase.UrlMatch:
                if (trigger.UrlMatch.MatchType == Proto.Trigger.Types.UrlMatch.Types.MatchType.Unspecified)
                    report("MISSING", ".trigger.urlMatch.matchType", "is required.");
                return new UrlMatchTrigger((UrlMatchType)((int)trigger.UrlMatch.MatchType - 1), trigger.UrlMatch.Pattern);
            default:
                report("MISSING_KIND", ".trigger", "must have a kind: manual, urlMatch, customEvent or elementClick.");
                return new ManualTrigger();
        }
    }

    static Wait ReadWait(Proto.Wait wait, Action<string, string, string> report)
    {
        switch (wait.KindCase)
        {
            case Proto.Wait.KindOneofCase.Duration:
                return new DurationWait(wait.Duration.ToTimeSpan());
            case Proto.Wait.KindOneofCase.Date:
                return new DateWait(wait.Date.ToDateTimeOffset());
            case Proto.Wait.KindOneofCase.TraitDate:
                return new TraitDateWait(wait.TraitDate.Trait, wait.TraitDate.Offset?.ToTimeSpan() ?? TimeSpan.Zero);
            case Proto.Wait.KindOneofCase.LocalTime:
                if (!TimeOnly.TryParseExact(wait.LocalTime.Time, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
                    report("INVALID_TIME", ".wait.localTime.time", "must be written HH:MM or HH:MM:SS.");
                if (wait.LocalTime.Weekdays.Contains(Proto.Wait.Types.LocalTime.Types.Weekday.Unspecified))
                    report("MISSING", ".wait.localTime.weekdays", "must contain only MONDAY to SUNDAY.");
                // The contract counts from MONDAY = 1 to SUNDAY = 7, .NET from Sunday = 0.
                return new LocalTimeWait(time, [.. wait.LocalTime.Weekdays.Select(day => (DayOfWeek)((int)day % 7))]);
            default:
                report("MISSING_KIND", ".wait", "must have a kind: duration, date, localTime or traitDate.");
                return new DurationWait(TimeSpan.FromSeconds(1));
        }
    }
}
