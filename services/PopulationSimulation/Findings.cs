using System.Globalization;
using Journeys.Engine;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>Says what an author should look at.</summary>
sealed class Findings(SimulationInput input, TriedDesign design, Tally tally)
{
    const int LeastForBurst = 100;
    const int NightPercent = 5;

    /// <summary>All findings, by code and then in the order of nodes and edges.</summary>
    public IReadOnlyList<Proto.Finding> All() =>
    [
        .. OfPeople()
            .Concat(tally.Entered > 0 ? OfWays().Concat(OfTimes()) : [])
            .Concat(new UnknownFields(design, input.Request).All().Select(unknown => new Proto.Finding
            {
                Code = "FIELD_UNKNOWN",
                NodeId = unknown.NodeId,
                Count = 1,
                Message = $"A rule asks for {unknown.Field}, which nobody of the population has.",
            }))
            .Index()
            .OrderBy(found => found.Item.Code, StringComparer.Ordinal)
            .ThenBy(found => found.Index)
            .Select(found => found.Item),
    ];

    IEnumerable<Proto.Finding> OfPeople() => tally.Found.OrderBy(found => found.Key.Node).Select(found => new Proto.Finding
    {
        Code = found.Key.Code,
        NodeId = found.Key.Node < 0 ? "" : design.Nodes[found.Key.Node].Id,
        Count = found.Value.Count,
        People = { found.Value.People },
        Message = Sentence(found.Key.Code, found.Key.Node < 0 ? "" : design.Nodes[found.Key.Node].Id, found.Value.Count),
    });

    string Sentence(string code, string node, long count) => code switch
    {
        "STUCK_FOREVER" => $"{People(count)} at {node} without an end, and nothing would ever move them.",
        "TIME_PASSED" => $"{node} did not hold {Text(count)} people, because its time had passed.",
        "TRAIT_NOT_A_DATE" => $"{node} did not hold {Text(count)} people, because the trait it counts from names no date.",
        "CROWDED" => $"{Text(count)} people were offered more than 5 contents within a day.",
        "CIRCLE" when node.Length > 0 => $"{Text(count)} people passed 100 nodes at once and were parked at {node}.",
        "CIRCLE" => $"{Text(count)} people began more than 10 attempts.",
        "TOO_BUSY" => $"{Text(count)} people had more than {Text(PersonRun.MostEvents)} events and changes of traits; the rest was left out.",
        _ => $"{Text(count)} of {Text(tally.Audience)} people of the audience never came in{WaysIn()}.",
    };

    string WaysIn()
    {
        var events = design.Journey.Triggers.Select(trigger => trigger.EventName).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return events.Count == 0 ? ", because only a call lets people in" : $": {string.Join(" or ", events)} did not let them in";
    }

    IEnumerable<Proto.Finding> OfWays()
    {
        for (var node = 0; node < design.Nodes.Count; node++)
        {
            var id = design.Nodes[node].Id;
            if (tally.Nodes[node].Arrived == 0)
            {
                yield return new() { Code = "NEVER_REACHED", NodeId = id, Count = 1, Message = $"Nobody came to {id}." };
                continue;
            }

            var ways = design.Edges.Index().Where(edge => edge.Item.Source == id).ToList();
            var left = ways.Sum(way => tally.Edges[way.Index].Taken);
            if (ways.Count < 2 || left == 0)
                continue;

            var taken = ways.Where(way => tally.Edges[way.Index].Taken > 0).ToList();
            if (taken.Count == 1 && design.Nodes[node] is ConditionNode or SplitNode or GoalCheckNode)
            {
                yield return new()
                {
                    Code = "ALWAYS_SAME_BRANCH",
                    NodeId = id,
                    EdgeId = taken[0].Item.Id,
                    Count = left,
                    Message = $"All {Text(left)} ways out of {id} went by {taken[0].Item.Branch}: it decides nothing.",
                };
                continue;
            }

            foreach (var (_, edge) in ways.Where(way => tally.Edges[way.Index].Taken == 0))
            {
                yield return new()
                {
                    Code = "BRANCH_NEVER_TAKEN",
                    NodeId = id,
                    EdgeId = edge.Id,
                    Count = 1,
                    Message = $"Nobody left {id} by {(edge.Branch.Length == 0 ? "its default branch" : edge.Branch)}.",
                };
            }
        }
    }

    IEnumerable<Proto.Finding> OfTimes()
    {
        for (var place = 0; place < design.Nodes.Count; place++)
        {
            var (id, node) = (design.Nodes[place].Id, tally.Nodes[place]);
            // Where nobody stays, people leave as they come, and the node before says so.
            var peak = node.Minutes.Count == 0 || node.Stayed.Max == 0 ? 0 : node.Minutes.Values.Max();
            if (peak >= LeastForBurst && peak * 100 > tally.Attempts)
            {
                yield return new()
                {
                    Code = "BURST",
                    NodeId = id,
                    Count = peak,
                    Message = $"{Text(peak)} of {Text(tally.Attempts)} attempts left {id} within one minute, {Text((peak + 59) / 60)} a second if they are evenly spread.",
                };
            }

            if (node.AtNight * 100 > node.Arrived * NightPercent)
            {
                yield return new()
                {
                    Code = "NIGHT",
                    NodeId = id,
                    Count = node.AtNight,
                    Message = $"{id} was offered {Text(node.AtNight)} of {Text(node.Arrived)} times before 08:00 or from 22:00 local time on.",
                };
            }
        }
    }

    static string People(long count) => count == 1 ? "1 person waits" : $"{Text(count)} people wait";

    static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
