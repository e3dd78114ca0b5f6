using System.Text.Json;
using Google.Protobuf;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Testing;
using Proto = Journeys.Protos.Graph.V1;

namespace Journeys.Definitions.Tests;

/// <summary>What the dashboard knows of graphs by itself, as `tests/agreement/graphs.json` says it. The dashboard's own tests read the same file.</summary>
public sealed class DashboardAgreementTests
{
    static readonly JsonElement Cases = JsonElement.Parse(File.ReadAllText(RepoRoot.Under("tests/agreement/graphs.json")));

    public static TheoryData<string, string[], string[]> Ways()
    {
        var ways = new TheoryData<string, string[], string[]>();
        foreach (var way in Cases.GetProperty("ways").EnumerateArray())
            ways.Add(way.GetProperty("node").GetRawText(), Texts(way.GetProperty("required")), Texts(way.GetProperty("optional")));
        return ways;
    }

    public static TheoryData<string> Ids(string kind) => [.. Texts(Cases.GetProperty("ids").GetProperty(kind))];

    [Theory, MemberData(nameof(Ways))]
    public void A_node_has_the_ways_out_that_the_dashboard_draws(string node, string[] required, string[] optional)
    {
        var graph = DesignReader.ReadGraph(new() { Nodes = { JsonParser.Default.Parse<Proto.Node>(node) } }, []);

        var ways = GraphValidator.Branches(graph.Nodes.Single());

        Assert.Equal(required, ways.Required);
        Assert.Equal(optional, ways.Optional);
    }

    [Fact]
    public void Every_kind_of_node_is_compared()
    {
        var compared = Cases.GetProperty("ways").EnumerateArray().Select(way => JsonParser.Default.Parse<Proto.Node>(way.GetProperty("node").GetRawText()).KindCase);

        Assert.Equal(Enum.GetValues<Proto.Node.KindOneofCase>().Where(kind => kind != Proto.Node.KindOneofCase.None).Order(), compared.Distinct().Order());
    }

    [Theory, MemberData(nameof(Ids), "good")]
    public void An_id_that_the_dashboard_takes_is_good(string id) => Assert.True(GraphValidator.IsSlug(id));

    [Theory, MemberData(nameof(Ids), "bad")]
    public void An_id_that_the_dashboard_refuses_is_bad(string id) => Assert.False(GraphValidator.IsSlug(id));

    static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(text => text.GetString()!)];
}
