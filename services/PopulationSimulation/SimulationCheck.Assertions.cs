using Journeys.Engine;
using Journeys.EngineContracts;
using Kind = Journeys.Protos.Simulation.V1.Assertion.KindOneofCase;
using Of = Journeys.Protos.Simulation.V1.Assertion.Types.Of;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <content>What must come of it.</content>
public sealed partial class SimulationCheck
{
    static readonly string[] Codes =
    [
        "STUCK_FOREVER", "NEVER_REACHED", "BRANCH_NEVER_TAKEN", "ALWAYS_SAME_BRANCH", "FIELD_UNKNOWN", "TIME_PASSED", "TRAIT_NOT_A_DATE", "BURST", "NIGHT",
        "CROWDED", "CIRCLE", "ENTRY_NEVER", "TOO_BUSY",
    ];

    void Assertions()
    {
        if (!Require(input.Request.Assertions.Count <= MostOfAKind, "assertions", $"There must be at most {MostOfAKind}."))
            return;

        foreach (var (i, assertion) in input.Request.Assertions.Index())
            Assertion(assertion, $"assertions[{i}]");
    }

    void Assertion(Proto.Assertion assertion, string field)
    {
        Require(assertion.Name.Length <= MostName, $"{field}.name", $"This must have at most {MostName} characters.");
        switch (assertion.KindCase)
        {
            case Kind.Share:
                Subject(assertion.Share.Of, assertion.Share.Name, $"{field}.share");
                Require(assertion.Share.HasAtLeast || assertion.Share.HasAtMost, $"{field}.share", "This needs `atLeast` or `atMost`.");
                Require(assertion.Share.AtLeast is >= 0 and <= Whole, $"{field}.share.atLeast", "This must be from 0 to 10,000.");
                Require(assertion.Share.AtMost is >= 0 and <= Whole, $"{field}.share.atMost", "This must be from 0 to 10,000.");
                break;
            case Kind.Count:
                Subject(assertion.Count.Of, assertion.Count.Name, $"{field}.count");
                Require(assertion.Count.HasAtLeast || assertion.Count.HasAtMost, $"{field}.count", "This needs `atLeast` or `atMost`.");
                break;
            case Kind.Time:
                Require(assertion.Time.From.Length == 0 || HasNode(assertion.Time.From), $"{field}.time.from", $"There is no node {assertion.Time.From}.");
                Require(HasNode(assertion.Time.To), $"{field}.time.to", $"There is no node {assertion.Time.To}.");
                Require(assertion.Time.Percentile is >= 1 and <= 100, $"{field}.time.percentile", "This must be from 1 to 100.");
                Span(assertion.Time.AtMost, $"{field}.time.atMost", TimeSpan.Zero, Dates.TenYears);
                break;
            case Kind.Finding:
                Require(Codes.Contains(assertion.Finding.Code), $"{field}.finding.code", $"This must be one of {string.Join(", ", Codes)}.");
                Require(assertion.Finding.AtMost >= 0, $"{field}.finding.atMost", "This must not be negative.");
                break;
            case Kind.Never:
                Require(HasNode(assertion.Never.NodeId), $"{field}.never.nodeId", $"There is no node {assertion.Never.NodeId}.");
                problems.AddRange(RuleValidator.Validate(RuleReader.Read(assertion.Never.Rule), RuleScope.Journey, $"{field}.never.rule"));
                break;
            case Kind.Coverage:
                Require(assertion.Coverage.BranchesAtLeast is >= 0 and <= Whole, $"{field}.coverage.branchesAtLeast", "This must be from 0 to 10,000.");
                break;
            case Kind.SameAsBaseline:
                Require(input.Baseline is not null, $"{field}.sameAsBaseline", "There is no baseline.");
                Require(assertion.SameAsBaseline.ChangedPeopleAtMost >= 0, $"{field}.sameAsBaseline.changedPeopleAtMost", "This must not be negative.");
                break;
            default:
                Require(false, field, "This needs `share`, `count`, `time`, `finding`, `never`, `coverage` or `sameAsBaseline`.");
                break;
        }
    }

    void Subject(Of of, string name, string field)
    {
        Require(of != Of.Unspecified, $"{field}.of", "This must be NODE, BRANCH, OUTCOME, STOP_REASON or GOAL.");
        Require(of is not (Of.Outcome or Of.StopReason) || name.Length > 0, $"{field}.name", "This is required.");
        Require(of != Of.Node || HasNode(name), $"{field}.name", $"There is no node {name}.");
        Require(of != Of.Branch || graph.Edges.Any(edge => $"{edge.Source}/{edge.Branch}" == name), $"{field}.name", $"There is no edge {name}. Write the node, a slash and the branch.");
    }
}
