using Google.Protobuf.Collections;
using Journeys.Engine;
using Outcome = Journeys.Protos.Simulation.V1.OutcomeShare.Types.Outcome;
using Proto = Journeys.Protos.Simulation.V1;
using When = Journeys.Protos.Simulation.V1.Behavior.Types.Activity.WhenOneofCase;

namespace Journeys.PopulationSimulation;

/// <content>How people behave.</content>
public sealed partial class SimulationCheck
{
    const int Whole = 10_000;

    // What a trait may nest, less what the value itself may.
    const int MostNames = 20;

    void Behavior(Proto.Behavior behavior)
    {
        var isSmall = Require(behavior.CalculateSize() <= MostBehaviorBytes, "behavior", "This must be at most 256 KiB.")
            & Require(behavior.Contents.Count <= MostContents, "behavior.contents", $"There must be at most {MostContents}.")
            & Require(behavior.Activities.Count <= MostOfAKind, "behavior.activities", $"There must be at most {MostOfAKind}.")
            & Require(behavior.TraitChanges.Count <= MostOfAKind, "behavior.traitChanges", $"There must be at most {MostOfAKind}.");
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
            Require(change.Trait.Length is > 0 and <= Person.MaxTraitName && !change.Trait.Contains('.'), $"behavior.traitChanges[{i}].trait", $"This needs 1 to {Person.MaxTraitName} characters, without dots.");
            After(change.After, $"behavior.traitChanges[{i}].after");
        }
    }

    void Content(Proto.Behavior.Types.Content content, string field)
    {
        Require(content.NodeId.Length == 0 || content.ContentId.Length == 0, field, "This must have `nodeId` or `contentId`, not both.");
        Require(
            content.NodeId.Length == 0 || graph.Nodes.Any(node => node is ContentNode && node.Id == content.NodeId),
            $"{field}.nodeId", $"There is no content node {content.NodeId}.");
        Require(
            content.ContentId.Length == 0 || graph.Nodes.Any(node => node is ContentNode shown && shown.ContentId == content.ContentId),
            $"{field}.contentId", $"No node shows {content.ContentId}.");
        if (content.Outcomes.Count > 0)
        {
            Require(content.Outcomes.All(share => share.Outcome != Outcome.Unspecified), $"{field}.outcomes", "Each share needs an outcome: COMPLETED, DISMISSED, SKIPPED or NOTHING.");
            Require(content.Outcomes.Select(share => share.Outcome).Distinct().Count() == content.Outcomes.Count, $"{field}.outcomes", "Each outcome must be used at most once.");
            Require(
                content.Outcomes.All(share => share.Share is >= 0 and <= Whole) && content.Outcomes.Sum(share => (long)share.Share) == Whole,
                $"{field}.outcomes", $"The shares must sum to {Whole:N0}; they sum to {content.Outcomes.Sum(share => (long)share.Share):N0}.");
        }

        Latency(content.Latency, $"{field}.latency");
        Generators(content.Data, $"{field}.data");
    }

    void Check(Proto.Behavior.Types.Sessions sessions)
    {
        Require(sessions.PerWeekHundredths is >= 0 and <= 100_000, "behavior.sessions.perWeekHundredths", "This must be from 0 to 100,000; 0 means the default.");
        Require(sessions.From.Length == 0 || IsTime(sessions.From), "behavior.sessions.from", "This must be a local time as HH:MM.");
        Require(sessions.Until.Length == 0 || IsTime(sessions.Until), "behavior.sessions.until", "This must be a local time as HH:MM.");
        if ((sessions.From.Length == 0 || IsTime(sessions.From)) && (sessions.Until.Length == 0 || IsTime(sessions.Until)))
            Require(Sessions.Minutes(sessions.From, 8 * 60) < Sessions.Minutes(sessions.Until, 22 * 60), "behavior.sessions.until", "This must be after `from`.");
        Latency(sessions.Length, "behavior.sessions.length");
    }

    void Activity(Proto.Behavior.Types.Activity activity, string field)
    {
        Require(activity.EventName.Length is > 0 and <= PersonEvent.MaxName && !activity.EventName.Contains('\0'), $"{field}.eventName", $"This needs 1 to {PersonEvent.MaxName} characters.");
        Require(activity.Url.Length <= PersonEvent.MaxUrl, $"{field}.url", $"This must have at most {PersonEvent.MaxUrl:N0} characters.");
        Require(activity.PerMilleOfPeople is >= 0 and <= 1_000, $"{field}.perMilleOfPeople", "This must be from 0 to 1,000; 0 means the default, 1,000.");
        switch (activity.WhenCase)
        {
            case When.Every:
                Span(activity.Every, $"{field}.every", TimeSpan.FromSeconds(1), Dates.TenYears);
                break;
            case When.After:
                After(activity.After, $"{field}.after");
                break;
            case When.DailyAt:
                Require(IsTime(activity.DailyAt), $"{field}.dailyAt", "This must be a local time as HH:MM.");
                break;
            default:
                Require(false, field, "This needs `every`, `after` or `dailyAt`.");
                break;
        }

        Latency(activity.Jitter, $"{field}.jitter");
        Generators(activity.Properties, $"{field}.properties");
    }

    void After(Proto.After? after, string field)
    {
        if (after is null)
        {
            Require(false, field, "This is required.");
            return;
        }

        Require(after.CauseCase != Proto.After.CauseOneofCase.None && (after.CauseCase != Proto.After.CauseOneofCase.Entry || after.Entry), field, "This needs `entry`, `nodeId` or `eventName`.");
        Require(after.CauseCase != Proto.After.CauseOneofCase.NodeId || HasNode(after.NodeId), $"{field}.nodeId", $"There is no node {after.NodeId}.");
        Require(after.CauseCase != Proto.After.CauseOneofCase.EventName || after.EventName.Length > 0, $"{field}.eventName", "This is required.");
        Require(after.PerMille is >= 0 and <= 1_000, $"{field}.perMille", "This must be from 0 to 1,000; 0 means the default, 1,000.");
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
                Require(latency.Lognormal.SigmaThousandths is >= 0 and <= 3_000, $"{field}.lognormal.sigmaThousandths", "This must be from 0 to 3,000.");
                break;
            case Proto.Latency.KindOneofCase.None:
                Require(false, field, "This needs `fixed`, `uniform`, `exponentialMean` or `lognormal`.");
                break;
        }
    }

    void Generators(RepeatedField<Proto.DataGenerator> generators, string field)
    {
        if (!Require(generators.Count <= MostOfAKind, field, $"There must be at most {MostOfAKind}."))
            return;

        foreach (var (i, generator) in generators.Index())
            Generator(generator, $"{field}[{i}]");
        var paths = generators.Select(generator => generator.Path).Order(StringComparer.Ordinal).ToList();
        Require(
            !paths.Zip(paths.Skip(1)).Any(pair => pair.First == pair.Second || paths.Contains(pair.Second[..Math.Max(0, pair.Second.LastIndexOf('.'))])),
            field, "Each path must be used at most once, and must not be inside another.");
    }

    void Generator(Proto.DataGenerator generator, string field)
    {
        Require(
            generator.Path.Length is > 0 and <= 200 && generator.Path.Split('.') is { Length: <= MostNames } names && names.All(key => key.Length > 0 && !key.Contains('\0')),
            $"{field}.path", $"This needs 1 to 200 characters: at most {MostNames} names separated by dots.");
        Require(generator.MissingPerMille is >= 0 and <= 1_000, $"{field}.missingPerMille", "This must be from 0 to 1,000.");
        switch (generator.KindCase)
        {
            case Proto.DataGenerator.KindOneofCase.OneOf:
                Require(generator.OneOf.Values.Count is > 0 and <= 1_000, $"{field}.oneOf.values", "There must be from 1 to 1,000.");
                foreach (var (i, value) in generator.OneOf.Values.Index())
                    Require(value.Weight is > 0 and <= 1_000_000, $"{field}.oneOf.values[{i}].weight", "This must be from 1 to 1,000,000.");
                break;
            case Proto.DataGenerator.KindOneofCase.Number:
                var (least, most) = (generator.Number.From, generator.Number.Until);
                Require(least <= most && least >= -(1L << 53) && most <= 1L << 53, $"{field}.number", "`from` must be at most `until`, and both must be from -2^53 to 2^53.");
                break;
            case Proto.DataGenerator.KindOneofCase.DateFromStart:
                Span(generator.DateFromStart.From ?? new(), $"{field}.dateFromStart.from", -Dates.TenYears, Dates.TenYears);
                Span(generator.DateFromStart.Until ?? new(), $"{field}.dateFromStart.until", generator.DateFromStart.From?.ToTimeSpan() ?? TimeSpan.Zero, Dates.TenYears);
                break;
            case Proto.DataGenerator.KindOneofCase.None:
                Require(false, field, "This needs `constant`, `oneOf`, `number`, `dateFromStart` or `sequencePrefix`.");
                break;
        }
    }

    static bool IsTime(string text) => TimeOnly.TryParseExact(text, "HH:mm", out _);
}
