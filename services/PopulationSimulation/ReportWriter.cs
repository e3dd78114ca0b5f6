using Google.Protobuf.WellKnownTypes;
using Journeys.Engine;
using Proto = Journeys.Protos.Simulation.V1;
using Report = Journeys.Protos.Simulation.V1.DesignReport.Types;
using Source = Journeys.Protos.Simulation.V1.ModelSource.Types.Source;

namespace Journeys.PopulationSimulation;

/// <summary>Converts the counts to the contract, in a fixed order.</summary>
sealed class ReportWriter(SimulationInput input, TriedDesign design, Tally tally)
{
    public Proto.DesignReport Write(IReadOnlyList<Proto.Finding> findings)
    {
        var report = new Proto.DesignReport
        {
            Entered = tally.Entered,
            ReEntered = tally.ReEntered,
            GoalReached = tally.TimeToGoal.Count,
            TimeToGoal = tally.TimeToGoal.ToProto(),
            Shown = Shown(),
        };
        report.Refused.AddRange(tally.Refused.Select(refused => new Report.Refusal { Reason = refused.Key, Count = refused.Value }));
        report.Nodes.AddRange(design.Nodes.Select((node, place) => Node(node, tally.Nodes[place])));
        report.Endings.AddRange(tally.Endings.Select(ending => new Report.Ending
        {
            Status = ending.Key.Status,
            Name = ending.Key.Name,
            Count = ending.Value.Count,
            TimeToEnd = ending.Value.Took.ToProto(),
        }));
        report.Findings.AddRange(findings);
        return report;
    }

    /// <summary>Returns the source of the behavior for each content node and each relevant event.</summary>
    public IEnumerable<Proto.ModelSource> Sources()
    {
        foreach (var content in design.Nodes.OfType<ContentNode>())
            yield return new() { NodeId = content.Id, Source = design.Model.Of(content).IsGiven ? Source.Given : Source.Preset };

        var given = design.Model.Activities.Select(activity => activity.EventName).ToHashSet(StringComparer.Ordinal);
        var events = design.Journey.Triggers.Select(trigger => trigger.EventName).OfType<string>()
            .Concat(design.Journey.Needs.Awaited)
            .Concat(design.Counted.Select(counter => counter.Event.Name))
            .Concat(given)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        foreach (var name in events)
            yield return new() { EventName = name, Source = given.Contains(name) ? Source.Given : Source.Absent };
    }

    Report.NodeReport Node(Node node, NodeTally counted)
    {
        var report = new Report.NodeReport
        {
            NodeId = node.Id,
            Arrived = counted.Arrived,
            HereAtEnd = counted.HereAtEnd,
            Stayed = counted.Stayed.ToProto(),
            PeakPerMinute = Peak(counted),
        };
        foreach (var (place, edge) in design.Edges.Index().Where(edge => edge.Item.Source == node.Id))
        {
            report.Left.Add(new Report.Left
            {
                Branch = edge.Branch,
                Target = edge.Target,
                Count = tally.Edges[place].Taken,
                Hours = { tally.Edges[place].Hours.OrderBy(hour => hour.Key).Select(hour => new Report.HourCount { Hour = hour.Key, Count = hour.Value }) },
            });
        }

        return report;
    }

    Report.Peak? Peak(NodeTally counted)
    {
        if (counted.Minutes.Count == 0)
            return null;

        var (minute, count) = counted.Minutes.OrderByDescending(minute => minute.Value).ThenBy(minute => minute.Key).First();
        return new() { Count = count, Time = input.Start.AddMinutes(minute).ToTimestamp() };
    }

    Report.Shown Shown()
    {
        var contents = design.Nodes.Index().Where(node => node.Item is ContentNode).Select(node => tally.Nodes[node.Index]).ToList();
        return new()
        {
            Offered = contents.Sum(content => content.Arrived),
            PerPersonP50 = tally.ShownPerPerson.Percentile(50),
            PerPersonP99 = tally.ShownPerPerson.Percentile(99),
            AtNight = contents.Sum(content => content.AtNight),
        };
    }
}
