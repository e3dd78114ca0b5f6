using System.Text.Json;
using System.Text.Json.Nodes;

namespace Journeys.Engine;

/// <summary>What an enrollment has gathered: `journey.&lt;nodeId&gt;.&lt;key&gt;`. Immutable.</summary>
public sealed class JourneyData(string json)
{
    /// <summary>Nothing.</summary>
    public static readonly JourneyData Empty = new("{}");

    JsonElement? root;

    /// <summary>A JSON object of objects, by node and key.</summary>
    public string Json => json;

    /// <summary>The same, parsed when first asked for.</summary>
    public JsonElement Root => root ??= JsonElement.Parse(json);

    /// <summary>The same with these values of one node added; values of the same key are replaced.</summary>
    /// <param name="nodeId">Which node reported.</param>
    /// <param name="values">A JSON object, or undefined for nothing.</param>
    public JourneyData With(string nodeId, JsonElement values) =>
        values.ValueKind == JsonValueKind.Object ? Changed(nodeId, node =>
        {
            foreach (var value in values.EnumerateObject())
                node[value.Name] = JsonNode.Parse(value.Value.GetRawText());
        }) : this;

    /// <summary>The same with one text value of one node.</summary>
    public JourneyData With(string nodeId, string key, string value) => Changed(nodeId, node => node[key] = value);

    JourneyData Changed(string nodeId, Action<JsonObject> change)
    {
        var all = JsonNode.Parse(json)!.AsObject();
        if (all[nodeId] is not JsonObject node)
            all[nodeId] = node = [];
        change(node);
        return new JourneyData(all.ToJsonString());
    }
}
