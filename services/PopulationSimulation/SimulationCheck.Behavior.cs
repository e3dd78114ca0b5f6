using Google.Protobuf.Collections;
using Journeys.Engine;
using Outcome = Journeys.Protos.Simulation.V1.OutcomeShare.Types.Outcome;
using Proto = Journeys.Protos.Simulation.V1;
using When = Journeys.Protos.Simulation.V1.Behavior.Types.Activity.WhenOneofCase;

namespace Journeys.PopulationSimulation;

/// <content>Checks the behavior.</content>
public sealed partial class SimulationCheck
{
    const int Whole = 10_000;

    // The nesting that a trait may have, minus the nesting that its value may have.
    const int MostNames = 20;

    void Behavior(Proto.Behavior behavior)
    {
        var isSmall = Require(behavior.CalculateSize() <= MostBehaviorBytes, "behavior", "must be at most 256 KiB.")
            & Require(behavior.Contents.Count <= MostContents, "behavior.contents", $"must have at most {MostContents} items.")
            & Require(behavior.Activities.Count <= MostOfAKind, "behavior.activities", $"must have at most {MostOfAKind} items.")
            & Require(behavior.TraitChanges.Count <= MostOfAKind, "behavior.traitChanges", $"must have at most {MostOfAKind} items.");
        if (!isSmall)
            return;

        foreach (var (i, content) in behavior.Contents.Index())
            Content(content, $"behavior.contents[{i}]");
        if (behavior.Sessions is { } sessions)
            Check(sessions);
        foreach (var (i, activity) in behavior.Activities.Index())
            Activity(activity, $"behavior.activities[{i}]");
        foreach (var (i, change) in behavior.TraitChanges.Index())
        {
            Require(change.Trait.Length is > 0 and <= Person.MaxTraitName && !change.Trait.Contains('.'), $"behavior.traitChanges[{i}].trait", $"must have 1 to {Person.MaxTraitName} characters, without dots.");
            After(change.After, $"behavior.traitChanges[{i}].after");
        }
    }

    void Content(Proto.Behavior.Types.Content content, string field)
    {
        Require(content.NodeId.Length == 0 || content.ContentId.Length == 0, field, "must have `nodeId` or `contentId`, not both.");
        Require(
            content.NodeId.Length == 0 || graph.Nodes.Any(node => node is ContentNode && node.Id == content.NodeId),
            $"{field}.nodeId", $"names the content node {content.NodeId}, which does not exist.");
        Require(
            content.ContentId.Length == 0 || graph.Nodes.Any(node => node is ContentNode shown && shown.ContentId == content.ContentId),
            $"{field}.contentId", $"names the content {content.ContentId}, which no node shows.");
        if (content.Outcomes.Count > 0)
        {
            Require(content.Outcomes.All(share => share.Outcome != Outcome.Unspecified), $"{field}.outcomes", "must have an outcome in each share: COMPLETED, DISMISSED, SKIPPED or NOTHING.");
            Require(content.Outcomes.Select(share => share.Outcome).Distinct().Count() == content.Outcomes.Count, $"{field}.outcomes", "must use each outcome at most once.");
            Require(
                content.Outcomes.All(share => share.Share is >= 0 and <= Whole) && content.Outcomes.Sum(share => (long)share.Share) == Whole,
                $"{field}.outcomes", $"must have shares that sum to {Whole:N0}; they sum to {content.Outcomes.Sum(share => (long)share.Share):N0}.");
        }

        Latency(content.Latency, $"{field}.latency");
        Generators(content.Data, $"{field}.data");
    }

    void Check(Proto.Behavior.Types.Sessions sessions)
    {
        Require(sessions.PerWeekHundredths is >= 0 and <= 100_000, "behavior.sessions.perWeekHundredths", "must be from 0 to 100,000; 0 means the default.");
        Require(sessions.From.Length == 0 || IsTime(sessions.From), "behavior.sessions.from", "must be a local time as HH:MM.");
        Require(sessions.Until.Length == 0 || IsTime(sessions.Until), "behavior.sessions.until", "must be a local time as HH:MM.");
        if ((sessions.From.Length == 0 || IsTime(sessions.From)) && (sessions.Until.Length == 0 || IsTime(sessions.Until)))
            Require(Sessions.Minutes(sessions.From, 8 * 60) < Sessions.Minutes(sessions.Until, 22 * 60), "behavior.sessions.until", "must be after `from`.");
        Latency(sessions.Length, "behavior.sessions.length");
    }

    void Activity(Proto.Behavior.Types.Activity activity, string field)
    {
        Require(activity.EventName.Length is > 0 and <= PersonEvent.MaxName && !activity.EventName.Contains('\0'), $"{field}.eventName", $"must have 1 to {PersonEvent.MaxName} characters.");
        Require(activity.Url.Length <= PersonEvent.MaxUrl, $"{field}.url", $"must have at most {PersonEvent.MaxUrl:N0} characters.");
        Require(activity.PerMilleOfPeople is >= 0 and <= 1_000, $"{field}.perMilleOfPeople", "must be from 0 to 1,000; 0 means the default, 1,000.");
        switch (activity.WhenCase)
        {
            case When.Every:
                Span(activity.Every, $"{field}.every", TimeSpan.FromSeconds(1), Dates.TenYears);
                break;
            case When.After:
                After(activity.After, $"{field}.after");
                break;
            case When.DailyAt:
                Require(IsTime(activity.DailyAt), $"{field}.dailyAt", "must be a local time as HH:MM.");
                break;
            default:
                Require(false, field, "must have `every`, `after` or `dailyAt`.");
                break;
        }

        Latency(activity.Jitter, $"{field}.jitter");
        Generators(activity.Properties, $"{field}.properties");
    }

    void After(Proto.After? after, string field)
    {
        if (after is null)
        {
            Require(false, field, "is required.");
            return;
        }

        Require(after.CauseCase != Proto.After.CauseOneofCase.None && (after.CauseCase != Proto.After.CauseOneofCase.Entry || after.Entry), field, "must have `entry`, `nodeId` or `eventName`.");
        Require(after.CauseCase != Proto.After.CauseOneofCase.NodeId || HasNode(after.NodeId), $"{field}.nodeId", $"names the node {after.NodeId}, which does not exist.");
        Require(after.CauseCase != Proto.After.CauseOneofCase.EventName || after.EventName.Length > 0, $"{field}.eventName", "is required.");
        Require(after.PerMille is >= 0 and <= 1_000, $"{field}.perMille", "must be from 0 to 1,000; 0 means the default, 1,000.");
        Latency(after.Latency, $"{field}.latency");
    }

    void Latency(Proto.Latency? latency, string field)
    {
        switch (latency?.KindCase)
        {
            case Proto.Latency.KindOneofCase.Fixed:
                Span(latency.Fixed, $"{field}.fixed", TimeSpan.Zero, Dates.TenYears);
                break;
            case Proto.Latency.KindOneofCase.Uniform:
                Span(latency.Uniform.From ?? new(), $"{field}.uniform.from", TimeSpan.Zero, Dates.TenYears);
                Span(latency.Uniform.Until, $"{field}.uniform.until", latency.Uniform.From?.ToTimeSpan() ?? TimeSpan.Zero, Dates.TenYears);
                break;
            case Proto.Latency.KindOneofCase.ExponentialMean:
                Span(latency.ExponentialMean, $"{field}.exponentialMean", TimeSpan.FromMilliseconds(1), Dates.TenYears);
                break;
            case Proto.Latency.KindOneofCase.Lognormal:
                Span(latency.Lognormal.Median, $"{field}.lognormal.median", TimeSpan.FromMilliseconds(1), Dates.TenYears);
                Require(latency.Lognormal.SigmaThousandths is >= 0 and <= 3_000, $"{field}.lognormal.sigmaThousandths", "must be from 0 to 3,000.");
                break;
            case Proto.Latency.KindOneofCase.None:
                Require(false, field, "must have `fixed`, `uniform`, `exponentialMean` or `lognormal`.");
                break;
        }
    }

    void Generators(RepeatedField<Proto.DataGenerator> generators, string field)
    {
        if (!Require(generators.Count <= MostOfAKind, field, $"must have at most {MostOfAKind} items."))
            return;

        foreach (var (i, generator) in generators.Index())
            Generator(generator, $"{field}[{i}]");
        var paths = generators.Select(generator => generator.Path).Order(StringComparer.Ordinal).ToList();
        Require(
            !paths.Zip(paths.Skip(1)).Any(pair => pair.First == pair.Second || paths.Contains(pair.Second[..Math.Max(0, pair.Second.LastIndexOf('.'))])),
            field, "must use each path at most once, and none inside another.");
    }

    void Generator(Proto.DataGenerator generator, string field)
    {
        Require(
            generator.Path.Length is > 0 and <= 200 && generator.Path.Split('.') is { Length: <= MostNames } names && names.All(key => key.Length > 0 && !key.Contains('\0')),
            $"{field}.path", $"must have 1 to 200 characters: at most {MostNames} names separated by dots.");
        Require(generator.MissingPerMille is >= 0 and <= 1_000, $"{field}.missingPerMille", "must be from 0 to 1,000.");
        switch (generator.KindCase)
        {
            case Proto.DataGenerator.KindOneofCase.OneOf:
                Require(generator.OneOf.Values.Count is > 0 and <= 1_000, $"{field}.oneOf.values", "must have 1 to 1,000 items.");
                foreach (var (i, value) in generator.OneOf.Values.Index())
                    Require(value.Weight is > 0 and <= 1_000_000, $"{field}.oneOf.values[{i}].weight", "must be from 1 to 1,000,000.");
                break;
            case Proto.DataGenerator.KindOneofCase.Number:
                var (least, most) = (generator.Number.From, generator.Number.Until);
                Require(least <= most && least >= -(1L << 53) && most <= 1L << 53, $"{field}.number", "must have `from` at most `until`, and both from -2^53 to 2^53.");
                break;
            case Proto.DataGenerator.KindOneofCase.DateFromStart:
                Span(generator.DateFromStart.From ?? new(), $"{field}.dateFromStart.from", -Dates.TenYears, Dates.TenYears);
                Span(generator.DateFromStart.Until ?? new(), $"{field}.dateFromStart.until", generator.DateFromStart.From?.ToTimeSpan() ?? TimeSpan.Zero, Dates.TenYears);
                break;
            case Proto.DataGenerator.KindOneofCase.None:
                Require(false, field, "must have `constant`, `oneOf`, `number`, `dateFromStart` or `sequencePrefix`.");
                break;
        }
    }

    static bool IsTime(string text) => TimeOnly.TryParseExact(text, "HH:mm", out _);
}
