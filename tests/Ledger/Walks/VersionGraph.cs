using Google.Protobuf;
using Journeys.Engine;
using Journeys.EngineContracts;
using Definition = Journeys.Protos.Definition.V1;

namespace Journeys.Ledgers.Walks;

/// <summary>The graph of a version, as the engine reads it.</summary>
public sealed class VersionGraph
{
    readonly Dictionary<string, Node> nodes;
    readonly Dictionary<(string Source, string Branch), string> edges;

    VersionGraph(Guid journeyId, JourneyGraph graph, IReadOnlyList<ExitRule> exits)
    {
        JourneyId = journeyId;
        Exits = exits;
        nodes = graph.Nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
        edges = graph.Edges.ToDictionary(edge => (edge.Source, edge.Branch), edge => edge.Target);
    }

    /// <summary>The journey, which splits hash.</summary>
    public Guid JourneyId { get; }

    /// <summary>The exit rules.</summary>
    public IReadOnlyList<ExitRule> Exits { get; }

    /// <summary>Returns the node with this id; null when there is none.</summary>
    public Node? Find(string nodeId) => nodes.GetValueOrDefault(nodeId);

    /// <summary>Whether an edge leads from one node by this branch to the other.</summary>
    public bool Leads(string source, string branch, string target) => edges.GetValueOrDefault((source, branch)) == target;

    /// <summary>Returns the graphs of all versions that Definition has published.</summary>
    public static async Task<IReadOnlyDictionary<(Guid SiteId, Guid JourneyId, int Version), VersionGraph>> LoadAsync(
        DatabaseSnapshot definition, CancellationToken ct)
    {
        const string sql = """
            select site_id, journey_id, version, design
            from definition.version
            where (@site is null or site_id = @site)
            """;

        var graphs = new Dictionary<(Guid, Guid, int), VersionGraph>();
        await foreach (var row in definition.ReadAsync(sql, ct))
        {
            var (journeyId, version) = (row.GetGuid(1), row.GetInt32(2));
            try
            {
                var design = Definition.Design.Parser.ParseFrom(row.GetFieldValue<byte[]>(3));
                graphs[(row.GetGuid(0), journeyId, version)] = new VersionGraph(journeyId, DesignReader.ReadGraph(design.Graph, []), DesignReader.ReadExits(design));
            }
            catch (InvalidProtocolBufferException)
            {
                // Enrollments in it are reported as being in a version that does not exist.
            }
        }

        return graphs;
    }
}
