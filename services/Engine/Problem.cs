namespace Journeys.Engine;

/// <summary>One reason why a graph or rule cannot be used.</summary>
/// <param name="Code">Stable name of the broken rule, such as `UNREACHABLE_NODE`.</param>
/// <param name="Field">The field as the public JSON spells it: `graph.nodes[tour].content.contentId`.</param>
/// <param name="Message">The problem, worded to follow the field's name: `must be unique.`</param>
/// <param name="NodeId">The node with the problem; empty for an edge or the whole graph.</param>
/// <param name="EdgeId">The edge with the problem; empty for a node or the whole graph.</param>
public sealed record Problem(string Code, string Field, string Message, string NodeId = "", string EdgeId = "");
