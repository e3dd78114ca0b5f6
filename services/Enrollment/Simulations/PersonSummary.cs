using Proto = Journeys.Protos.Enrollment.V1;
using Simulated = Journeys.Protos.Simulation.V1;

namespace Journeys.Enrollments.Simulations;

/// <summary>Summarizes the timeline of a simulated person.</summary>
public static class PersonSummary
{
    /// <summary>Returns the summary of a timeline.</summary>
    /// <param name="person">The person.</param>
    /// <param name="findings">The findings of the design.</param>
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
