using System.Globalization;
using Journeys.Engine;
using Kind = Journeys.Protos.Simulation.V1.Assertion.KindOneofCase;
using Of = Journeys.Protos.Simulation.V1.Assertion.Types.Of;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>Checks the assertions of a simulation. Shares are compared as exact counts, never rounded.</summary>
sealed class Assertions(TriedDesign design, Tally tally, IReadOnlyList<Proto.Finding> findings, Proto.Comparison? comparison)
{
    const int Whole = 10_000;

    public Proto.AssertionResult Check(Proto.Assertion assertion)
    {
        var result = assertion.KindCase switch
        {
            Kind.Share => Share(assertion.Share),
            Kind.Count => Attempts(assertion.Count),
            Kind.Time => Time(assertion),
            Kind.Finding => Found(assertion.Finding),
            Kind.Never => Never(assertion),
            Kind.Coverage => Coverage(assertion.Coverage),
            _ => Same(assertion.SameAsBaseline),
        };
        result.Name = assertion.Name.Length > 0 ? assertion.Name : result.Message;
        return result;
    }

    Proto.AssertionResult Share(Proto.Assertion.Types.Share share)
    {
        var (actual, all) = (CountOf(share.Of, share.Name), tally.Attempts);
        // Without attempts a share cannot be checked, so the assertion fails.
        var holds = all > 0
            && (!share.HasAtLeast || actual * Whole >= share.AtLeast * all)
            && (!share.HasAtMost || actual * Whole <= share.AtMost * all);
        return Result(
            holds, actual, all,
            $"{Name(share.Of, share.Name)}: {actual} of {Counted.Of(all, "attempt")}; {Bounds(share.HasAtLeast ? Percent(share.AtLeast) : null, share.HasAtMost ? Percent(share.AtMost) : null)}");
    }

    Proto.AssertionResult Attempts(Proto.Assertion.Types.Count count)
    {
        var actual = CountOf(count.Of, count.Name);
        return Result(
            (!count.HasAtLeast || actual >= count.AtLeast) && (!count.HasAtMost || actual <= count.AtMost), actual, tally.Attempts,
            $"{Name(count.Of, count.Name)}: {Counted.Of(actual, "attempt")}; {Bounds(count.HasAtLeast ? $"{count.AtLeast}" : null, count.HasAtMost ? $"{count.AtMost}" : null)}");
    }

    Proto.AssertionResult Time(Proto.Assertion assertion)
    {
        var time = assertion.Time;
        var took = tally.Times[design.Times.TakeWhile(timed => !ReferenceEquals(timed.Assertion, assertion)).Count()];
        var (actual, most) = (took.Percentile(time.Percentile), Spans.Milliseconds(time.AtMost));
        return Result(
            took.Count > 0 && actual <= most, actual, took.Count,
            $"From {(time.From.Length == 0 ? "entry" : time.From)} to {time.To}: {time.Percentile} % of {took.Count} took at most {actual} ms; {Bounds(null, $"{most} ms")}");
    }

    Proto.AssertionResult Found(Proto.Assertion.Types.FindingCount finding)
    {
        var actual = findings.Where(found => found.Code == finding.Code).Sum(found => found.Count);
        return Result(actual <= finding.AtMost, actual, 0, $"{finding.Code}: {actual}; {Bounds(null, $"{finding.AtMost}")}");
    }

    Proto.AssertionResult Never(Proto.Assertion assertion)
    {
        var actual = tally.Nevers[design.Nevers.TakeWhile(never => !ReferenceEquals(never.Assertion, assertion)).Count()];
        return Result(actual == 0, actual, 0, $"NODE {assertion.Never.NodeId}: {Counted.Of(actual, "arrival")} that must not happen");
    }

    Proto.AssertionResult Coverage(Proto.Assertion.Types.Coverage coverage)
    {
        var (actual, all) = (tally.Edges.Count(edge => edge.Taken > 0), tally.Edges.Length);
        return Result(
            (long)actual * Whole >= (long)coverage.BranchesAtLeast * all, actual, all,
            $"{actual} of {all} edges were taken; {Bounds(Percent(coverage.BranchesAtLeast), null)}");
    }

    Proto.AssertionResult Same(Proto.Assertion.Types.SameAsBaseline same)
    {
        var actual = comparison!.ChangedPeople;
        return Result(actual <= same.ChangedPeopleAtMost, actual, 0, $"{Counted.Of(actual, "person", "people")} took a different path than in the baseline; {Bounds(null, $"{same.ChangedPeopleAtMost}")}");
    }

    long CountOf(Of of, string name) => of switch
    {
        Of.Node => tally.Nodes[design.PlaceOf(name)].Attempts,
        Of.Branch => tally.Edges[EdgeOf(design, name)].Attempts,
        Of.Outcome => tally.Endings.GetValueOrDefault((EndingStatuses.Completed, name))?.Count ?? 0,
        Of.StopReason => tally.Endings.GetValueOrDefault((EndingStatuses.Stopped, name))?.Count ?? 0,
        _ => tally.TimeToGoal.Count,
    };

    /// <summary>Returns the edge with the name `node/branch`; -1 when there is none.</summary>
    public static int EdgeOf(TriedDesign design, string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var place = slash < 0 ? -1 : design.PlaceOf(name[..slash]);
        return place < 0 ? -1 : design.WayOut(place, name[(slash + 1)..]);
    }

    static string Name(Of of, string name) => of == Of.Goal ? "The goal" : $"{Protos.EnumText.Text(of)} {name}";

    static string Percent(int hundredths) => $"{(hundredths / 100m).ToString("0.##", CultureInfo.InvariantCulture)} %";

    static string Bounds(string? least, string? most) =>
        $"required: {string.Join(" and ", new[] { least is null ? null : $"at least {least}", most is null ? null : $"at most {most}" }.OfType<string>())}";

    static Proto.AssertionResult Result(bool passed, long actual, long of, string message) =>
        new() { Passed = passed, Actual = actual, Of = of, Message = $"{message}." };
}
