using System.Globalization;
using Journeys.Engine;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>Finds what an author should look at.</summary>
sealed class Findings(SimulationInput input, TriedDesign design, Tally tally)
{
    const int LeastForBurst = 100;
    const int NightPercent = 5;

    /// <summary>Returns all findings, by code and then in the order of nodes and edges.</summary>
    public IReadOnlyList<Proto.Finding> All() =>
    [
        .. OfPeople()
            .Concat(tally.Entered > 0 ? OfWays().Concat(OfTimes()) : [])
            .Concat(new UnknownFields(design, input.Request).All().Select(unknown => new Proto.Finding
            {
                Code = "FIELD_UNKNOWN",
                NodeId = unknown.NodeId,
                Count = 1,
                Message = $"A rule asks for {unknown.Field}, which nobody in the population has.",
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
        "STUCK_FOREVER" => $"{People(count)} got stuck at {node}, because nothing would ever move them.",
        "TIME_PASSED" => $"{People(count)} did not wait at {node}, because its time had passed.",
        "TRAIT_NOT_A_DATE" => $"{People(count)} did not wait at {node}, because the trait it counts from is not a date.",
        "CROWDED" => $"{People(count)} received more than 5 content items within a day.",
        "CIRCLE" when node.Length > 0 => $"{People(count)} passed 100 nodes at once and stayed at {node}.",
        "CIRCLE" => $"{People(count)} made more than 10 attempts.",
        "TOO_BUSY" => $"{People(count)} had more than {Text(PersonRun.MostEvents)} events and trait changes; the rest was left out.",
        _ => $"{Text(count)} of {People(tally.Audience)} in the audience never entered{WaysIn()}.",
    };

    string WaysIn()
    {
        var events = design.Journey.Triggers.Select(trigger => trigger.EventName).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return events.Count == 0 ? ", because people can enter only by a call" : $": {string.Join(" or ", events)} did not let them enter";
    }

    IEnumerable<Proto.Finding> OfWays()
    {
        for (var node = 0; node < design.Nodes.Count; node++)
        {
            var id = design.Nodes[node].Id;
            if (tally.Nodes[node].Arrived == 0)
            {
                yield return new() { Code = "NEVER_REACHED", NodeId = id, Count = 1, Message = $"Nobody reached {id}." };
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
                    Message = $"{id} took the branch {taken[0].Item.Branch} every time ({Text(left)}), so it decides nothing.",
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
            // Where nobody stays, people leave in the minute of their arrival, so the previous node reports the burst.
            var peak = node.Minutes.Count == 0 || node.Stayed.Max == 0 ? 0 : node.Minutes.Values.Max();
            if (peak >= LeastForBurst && peak * 100 > tally.Attempts)
            {
                yield return new()
                {
                    Code = "BURST",
                    NodeId = id,
                    Count = peak,
                    Message = $"{Text(peak)} of {Text(tally.Attempts)} attempts left {id} within one minute, {Text((peak + 59) / 60)} per second if evenly spread.",
                };
            }

            if (node.AtNight * 100 > node.Arrived * NightPercent)
            {
                yield return new()
                {
                    Code = "NIGHT",
                    NodeId = id,
                    Count = node.AtNight,
                    Message = $"{id} was offered before 08:00 or from 22:00 local time on in {Text(node.AtNight)} of {Text(node.Arrived)} cases.",
                };
            }
        }
    }

    static string People(long count) => Counted.Of(count, "person", "people");

    static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
