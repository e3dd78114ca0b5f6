using System.Text.Json;
using System.Text.Json.Nodes;

namespace Journeys.Engine;

/// <summary>
/// The data that an enrollment has collected, `journey.&lt;nodeId&gt;.&lt;key&gt;`, and the data of its entry,
/// `entry.&lt;path&gt;`. Immutable.
/// </summary>
/// <param name="json">A JSON object of objects, by node and key.</param>
/// <param name="entry">
/// A JSON object: the properties of the event that let the person in, or those that the caller gave.
/// </param>
public sealed class JourneyData(string json, string entry = "{}")
{
    /// <summary>No data.</summary>
    public static readonly JourneyData Empty = new("{}");

    JsonElement? root;
    JsonElement? entryRoot;

    /// <summary>A JSON object of objects, by node and key.</summary>
    public string Json => json;

    /// <summary>The collected data, parsed on first use.</summary>
    public JsonElement Root => root ??= JsonElement.Parse(json);

    /// <summary>The data of the entry, parsed on first use. It stays the same for the whole enrollment.</summary>
    public JsonElement Entry => entryRoot ??= JsonElement.Parse(entry);

    /// <summary>
    /// Returns the data with these values of one node added. A value replaces an earlier one of the same key.
    /// </summary>
    /// <param name="nodeId">The node that reported the values.</param>
    /// <param name="values">A JSON object, or undefined for nothing.</param>
    public JourneyData With(string nodeId, JsonElement values) =>
        values.ValueKind == JsonValueKind.Object ? Changed(nodeId, node =>
        {
            foreach (var value in values.EnumerateObject())
                node[value.Name] = JsonNode.Parse(value.Value.GetRawText());
        }) : this;

    /// <summary>Returns the data with one text value of one node added.</summary>
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
