using System.Collections;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.Gateways.Routing;

namespace Journeys.EndToEnd.Tests;

/// <summary>A request that would be accepted, except for one field.</summary>
/// <param name="Fields">From the request to the field.</param>
sealed record HostileRequest(CallRoute Route, IReadOnlyList<FieldDescriptor> Fields, Hostile Value)
{
    // Stands where the value goes, because what is sent need not be JSON.
    const string Mark = "@@HOSTILE@@";

    static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithRecursionLimit(200));

    FieldDescriptor Leaf => Fields[^1];

    public override string ToString() =>
        $"{Value.Name} as {string.Join('.', Fields.Select(field => field.JsonName))} of {Route.Rpc.Method.Name}";

    /// <summary>Address and body by REST of a request with nothing wrong in it.</summary>
    public static (string Target, string? Body) Plain(CallRoute route, JsonObject document)
    {
        var segments = route.Path.Split('/');
        foreach (var variable in route.Variables)
        {
            segments[variable.Segment] = Uri.EscapeDataString(document[variable.Field.JsonName]!.ToString());
            document.Remove(variable.Field.JsonName);
        }

        var path = string.Join('/', segments);
        return route.HasBody ? (path, document.ToJsonString()) : Query(path, document, null)!.Value;
    }

    /// <summary>Address and body by REST; null where it cannot be said.</summary>
    public (string Target, string? Body)? Rest(JsonObject document)
    {
        var segments = Route.Path.Split('/');
        foreach (var variable in Route.Variables)
        {
            var isIt = Fields.Count == 1 && variable.Field == Leaf;
            if (isIt && Value.Encoded is null)
                return null;
            segments[variable.Segment] = isIt ? Value.Encoded! : Uri.EscapeDataString(document[variable.Field.JsonName]!.ToString());
            document.Remove(variable.Field.JsonName);
        }

        var inPath = Fields.Count == 1 && Route.Variables.Any(variable => variable.Field == Leaf);
        var path = string.Join('/', segments);
        if (!Route.HasBody)
            return inPath ? Query(path, document, null) : Value.Encoded is null || Fields.Count > 1 ? null : Query(path, document, (Leaf, Value.Encoded));
        if (!inPath && Value.Json is null)
            return null;
        if (inPath)
            return (path, document.ToJsonString());

        var holder = Holder(document);
        holder[Leaf.JsonName] = Leaf.IsRepeated ? new JsonArray(Mark) : Mark;
        return (path, document.ToJsonString().Replace($"\"{Mark}\"", Value.Json, StringComparison.Ordinal));
    }

    /// <summary>The bytes of the message; null where protobuf cannot say it.</summary>
    public byte[]? Native(JsonObject document)
    {
        if (Value.Name == "bytes that are no UTF-8")
            return Fields.Count == 1 ? [.. Parse(document).ToByteArray(), .. Field(Leaf, [0xC3, 0x28])] : null;
        if (Value.Native is null)
            return null;

        Holder(document);
        var message = Parse(document);
        var holder = Fields.SkipLast(1).Aggregate(message, Inside);
        var value = Leaf.FieldType == FieldType.Enum ? Enum.ToObject(Leaf.EnumType.ClrType, Value.Native) : Value.Native;
        if (Leaf.IsRepeated)
            ((IList)Leaf.Accessor.GetValue(holder)).Add(value);
        else
            Leaf.Accessor.SetValue(holder, value);
        return message.ToByteArray();
    }

    static (string Target, string? Body)? Query(string path, JsonObject document, (FieldDescriptor Field, string Encoded)? wrong)
    {
        if (wrong is { } one)
            document.Remove(one.Field.JsonName);

        var pairs = document.SelectMany(pair => (pair.Value is JsonArray list ? list : [pair.Value!.DeepClone()])
            .Select(each => $"{pair.Key}={Uri.EscapeDataString(each!.ToString())}"));
        if (wrong is { } value)
            pairs = pairs.Append($"{value.Field.JsonName}={value.Encoded}");
        return ($"{path}?{string.Join('&', pairs)}", null);
    }

    // Makes the way to the field, with what else its messages need.
    JsonObject Holder(JsonObject document)
    {
        var holder = document;
        foreach (var field in Fields.SkipLast(1))
        {
            Choose(holder, field);
            if (field.IsRepeated)
            {
                var list = (JsonArray)(holder[field.JsonName] ??= new JsonArray());
                list.Add(Seed(field.MessageType));
                holder = (JsonObject)list[^1]!;
            }
            else
            {
                holder = (JsonObject)(holder[field.JsonName] ??= Seed(field.MessageType));
            }
        }

        Choose(holder, Leaf);
        return holder;
    }

    static void Choose(JsonObject holder, FieldDescriptor field)
    {
        foreach (var other in field.RealContainingOneof?.Fields.Where(other => other != field) ?? [])
            holder.Remove(other.JsonName);
    }

    IMessage Parse(JsonObject document) => Parser.Parse(document.ToJsonString(), Route.Rpc.Method.InputType);

    static IMessage Inside(IMessage message, FieldDescriptor field) =>
        field.Accessor.GetValue(message) is IList list ? (IMessage)list[^1]! : (IMessage)field.Accessor.GetValue(message);

    static byte[] Field(FieldDescriptor field, byte[] bytes)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            output.WriteTag(field.FieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(bytes));
        }

        return buffer.ToArray();
    }

    static JsonObject Seed(MessageDescriptor type) => (JsonObject)JsonNode.Parse(type.FullName switch
    {
        "journeys.graph.v1.Node" => """{"id":"n1","exit":{}}""",
        "journeys.graph.v1.Edge" => """{"id":"e1","source":"n1","target":"n1"}""",
        "journeys.graph.v1.Content" => """{"contentType":"FLOW","contentId":"c"}""",
        "journeys.graph.v1.Condition.Branch" => """{"name":"b"}""",
        "journeys.graph.v1.Split.Variant" => """{"name":"v","percent":50}""",
        "journeys.rule.v1.Rule" => """{"event":{"name":"e"}}""",
        "journeys.rule.v1.Rule.Condition" => """{"field":"traits.plan","operator":"EQ","value":"x"}""",
        "journeys.rule.v1.Rule.Event" or "journeys.enrollment.v1.Event" => """{"name":"e"}""",
        _ => "{}",
    })!;
}
