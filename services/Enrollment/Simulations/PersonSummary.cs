using Proto = Journeys.Protos.Enrollment.V1;
using Simulated = Journeys.Protos.Simulation.V1;

namespace Journeys.Enrollments.Simulations;

/// <summary>Says in short how somebody fared.</summary>
public static class PersonSummary
{
    /// <summary>The summary of a timeline.</summary>
    /// <param name="person">The person.</param>
    /// <param name="findings">Those of the design.</param>
    public static Proto.SimulatedPersonSummary Of(Simulated.SimulatedPerson person, IReadOnlyList<Simulated.Finding> findings)
    {
        var last = person.Attempts.LastOrDefault();
        return new()
        {
            Index = person.Index,
            UserId = person.UserId,
            Status = last?.Status ?? "",
            Ending = last is null ? "" : last.StopReason.Length > 0 ? last.StopReason : last.Outcome,
            NodeId = last?.Visits.LastOrDefault()?.NodeId ?? "",
            EnterTime = last?.EnterTime,
            EndTime = last?.EndTime,
            Findings = { findings.Where(finding => finding.People.Contains(person.Index)).Select(finding => finding.Code).Distinct() },
        };
    }
}
