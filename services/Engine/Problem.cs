namespace Journeys.Engine;

/// <summary>One reason why a graph or rule cannot be used.</summary>
/// <param name="Code">Stable name of the broken rule, such as `UNREACHABLE_NODE`.</param>
/// <param name="Field">Where, as the public JSON spells it: `graph.nodes[tour].content.contentId`.</param>
/// <param name="Message">What is wrong with it, to be read after the field: `must be unique.`</param>
/// <param name="NodeId">The node it is about; empty for an edge or the whole.</param>
/// <param name="EdgeId">The edge it is about; empty for a node or the whole.</param>
public sealed record Problem(string Code, string Field, string Message, string NodeId = "", string EdgeId = "");
