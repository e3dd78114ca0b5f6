using Journeys.Engine;
using Journeys.EngineContracts;
using Kind = Journeys.Protos.Simulation.V1.Assertion.KindOneofCase;
using Of = Journeys.Protos.Simulation.V1.Assertion.Types.Of;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <content>Checks the assertions.</content>
public sealed partial class SimulationCheck
{
    static readonly string[] Codes =
    [
        "STUCK_FOREVER", "NEVER_REACHED", "BRANCH_NEVER_TAKEN", "ALWAYS_SAME_BRANCH", "FIELD_UNKNOWN", "TIME_PASSED", "TRAIT_NOT_A_DATE", "BURST", "NIGHT",
        "CROWDED", "CIRCLE", "ENTRY_NEVER", "TOO_BUSY",
    ];

    void Assertions()
    {
        if (!Require(input.Request.Assertions.Count <= MostOfAKind, "assertions", $"must have at most {MostOfAKind} items."))
            return;

        foreach (var (i, assertion) in input.Request.Assertions.Index())
            Assertion(assertion, $"assertions[{i}]");
    }

    void Assertion(Proto.Assertion assertion, string field)
    {
        Require(assertion.Name.Length <= MostName, $"{field}.name", $"must have at most {MostName} characters.");
        switch (assertion.KindCase)
        {
            case Kind.Share:
                Subject(assertion.Share.Of, assertion.Share.Name, $"{field}.share");
                Require(assertion.Share.HasAtLeast || assertion.Share.HasAtMost, $"{field}.share", "must have `atLeast` or `atMost`.");
                Require(assertion.Share.AtLeast is >= 0 and <= Whole, $"{field}.share.atLeast", "must be from 0 to 10,000.");
                Require(assertion.Share.AtMost is >= 0 and <= Whole, $"{field}.share.atMost", "must be from 0 to 10,000.");
                break;
            case Kind.Count:
                Subject(assertion.Count.Of, assertion.Count.Name, $"{field}.count");
                Require(assertion.Count.HasAtLeast || assertion.Count.HasAtMost, $"{field}.count", "must have `atLeast` or `atMost`.");
                break;
            case Kind.Time:
                Require(assertion.Time.From.Length == 0 || HasNode(assertion.Time.From), $"{field}.time.from", $"names the node {assertion.Time.From}, which does not exist.");
                Require(HasNode(assertion.Time.To), $"{field}.time.to", $"names the node {assertion.Time.To}, which does not exist.");
                Require(assertion.Time.Percentile is >= 1 and <= 100, $"{field}.time.percentile", "must be from 1 to 100.");
                Span(assertion.Time.AtMost, $"{field}.time.atMost", TimeSpan.Zero, Dates.TenYears);
                break;
            case Kind.Finding:
                Require(Codes.Contains(assertion.Finding.Code), $"{field}.finding.code", $"must be one of {string.Join(", ", Codes)}.");
                Require(assertion.Finding.AtMost >= 0, $"{field}.finding.atMost", "must not be negative.");
                break;
            case Kind.Never:
                Require(HasNode(assertion.Never.NodeId), $"{field}.never.nodeId", $"names the node {assertion.Never.NodeId}, which does not exist.");
                problems.AddRange(RuleValidator.Validate(RuleReader.Read(assertion.Never.Rule), RuleScope.Journey, $"{field}.never.rule"));
                break;
            case Kind.Coverage:
                Require(assertion.Coverage.BranchesAtLeast is >= 0 and <= Whole, $"{field}.coverage.branchesAtLeast", "must be from 0 to 10,000.");
                break;
            case Kind.SameAsBaseline:
                Require(input.Baseline is not null, $"{field}.sameAsBaseline", "requires a baseline; there is none.");
                Require(assertion.SameAsBaseline.ChangedPeopleAtMost >= 0, $"{field}.sameAsBaseline.changedPeopleAtMost", "must not be negative.");
                break;
            default:
                Require(false, field, "must have `share`, `count`, `time`, `finding`, `never`, `coverage` or `sameAsBaseline`.");
                break;
        }
    }

    void Subject(Of of, string name, string field)
    {
        Require(of != Of.Unspecified, $"{field}.of", "must be NODE, BRANCH, OUTCOME, STOP_REASON or GOAL.");
        Require(of is not (Of.Outcome or Of.StopReason) || name.Length > 0, $"{field}.name", "is required.");
        Require(of != Of.Node || HasNode(name), $"{field}.name", $"names the node {name}, which does not exist.");
        Require(of != Of.Branch || graph.Edges.Any(edge => $"{edge.Source}/{edge.Branch}" == name), $"{field}.name", $"names the edge {name}, which does not exist; write the node, a slash and the branch.");
    }
}
