using System.Text.Json;
using System.Text.Json.Nodes;

namespace Journeys.Engine;

/// <summary>What an enrollment has gathered, `journey.&lt;nodeId&gt;.&lt;key&gt;`, and what let the person in, `entry.&lt;path&gt;`. Immutable.</summary>
/// <param name="json">A JSON object of objects, by node and key.</param>
/// <param name="entry">The properties of the event that let the person in, or those that the caller gave: a JSON object.</param>
public sealed class JourneyData(string json, string entry = "{}")
{
    /// <summary>Nothing.</summary>
    public static readonly JourneyData Empty = new("{}");

    JsonElement? root;
    JsonElement? entryRoot;

    /// <summary>A JSON object of objects, by node and key.</summary>
    public string Json => json;

    /// <summary>The same, parsed when first asked for.</summary>
    public JsonElement Root => root ??= JsonElement.Parse(json);

    /// <summary>What let the person in, parsed when first asked for. It stays the same for the whole run.</summary>
    public JsonElement Entry => entryRoot ??= JsonElement.Parse(entry);

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
        return new JourneyData(all.ToJsonString(), entry);
    }
}
