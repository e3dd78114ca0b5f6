using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.Engine;
using Journeys.EngineContracts;
using Proto = Journeys.Protos.Graph.V1;

namespace Journeys.Definitions.Tests;

/// <summary>Every kind of node that the contract has is read into a record of its own, and no record is made by none.</summary>
public sealed class NodeKindTests
{
    static readonly IReadOnlyList<FieldDescriptor> Kinds =
        [.. Proto.Node.Descriptor.Oneofs.Single(oneof => oneof.Name == "kind").Fields];

    [Fact]
    public void Every_kind_is_read_into_a_record_of_its_own()
    {
        var problems = new List<Problem>();

        var records = Kinds.Select(kind => Read(kind, problems)).ToList();

        Assert.DoesNotContain(problems, problem => problem is { Code: "MISSING_KIND", Field: "graph.nodes[n]" });
        var expected = typeof(Node).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Node)));
        Assert.Equal(expected.Select(type => type.Name).Order(), records.Select(record => record.GetType().Name).Order());
    }

    [Fact]
    public void A_node_without_a_kind_is_told_which_there_are()
    {
        var problems = new List<Problem>();

        DesignReader.ReadGraph(new() { Nodes = { new Proto.Node { Id = "n" } } }, problems);

        var named = string.Join(", ", Kinds.SkipLast(1).Select(kind => kind.JsonName)) + $" or {Kinds[^1].JsonName}.";
        Assert.Equal($"must have a kind: {named}", Assert.Single(problems).Message);
    }

    static Node Read(FieldDescriptor kind, List<Problem> problems)
    {
        var node = new Proto.Node { Id = "n" };
        kind.Accessor.SetValue(node, (IMessage)Activator.CreateInstance(kind.MessageType.ClrType)!);
        return DesignReader.ReadGraph(new() { Nodes = { node } }, problems).Nodes.Single();
    }
}
