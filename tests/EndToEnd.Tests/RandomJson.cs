using System.Globalization;
using Google.Protobuf.Reflection;

namespace Journeys.EndToEnd.Tests;

/// <summary>JSON that is nearly what a message asks for: its fields, with values at and beyond the edges of what they may be.</summary>
public sealed class RandomJson(int seed, string knownId)
{
    static readonly string[] Texts =
        ["", "a", "3600s", "-1s", "2026-02-30T25:00:00Z", "2026-03-29T02:30:00Z", "09:00", "Europe/Berlin", "traits.plan", "EQ", "\\u0000", "\\ud800", "\\n", "é", "😀", "(a+)+$", "[", new('x', 300), new('y', 70_000)];

    static readonly string[] Wrong = ["null", "true", "\"1\"", "1.5", "1e999", "-99999999999", "NaN", "{}", "[]", "{\"a\":[null]}"];

    readonly Random random = new(seed);

    public string Of(MessageDescriptor type, int depth = 0) => type.FullName switch
    {
        "google.protobuf.Timestamp" => Pick("\"2026-01-01T00:00:00Z\"", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59Z\"", "\"soon\""),
        "google.protobuf.Duration" => Pick("\"0s\"", "\"60s\"", "\"-5s\"", "\"315576000000s\"", "\"1 day\""),
        "google.protobuf.Struct" => Pick("{}", "{\"plan\":\"pro\",\"n\":1,\"tags\":[\"a\"],\"deep\":{\"x\":null}}"),
        "google.protobuf.Value" => Pick("null", "1", "1e308", "\"pro\"", "[\"a\",1]", "{\"a\":1}", "true"),
        _ => $"{{{string.Join(',', Chosen(type, depth).Select(field => $"\"{field.JsonName}\":{Value(field, depth)}"))}}}",
    };

    // One of a oneof, mostly; of the others half at the top and fewer below, so that it ends.
    IEnumerable<FieldDescriptor> Chosen(MessageDescriptor type, int depth) =>
        type.Fields.InDeclarationOrder().GroupBy(field => (object?)field.RealContainingOneof ?? field)
            .SelectMany(group => random.Next(50) == 0 ? group : group.Skip(random.Next(group.Count())).Take(1))
            .Where(field => random.Next(10) > (field.RealContainingOneof is null ? 2 + depth : depth));

    string Value(FieldDescriptor field, int depth)
    {
        if (random.Next(25) == 0)
            return Pick(Wrong);
        return field.IsRepeated ? $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => One(field, depth)))}]" : One(field, depth);
    }

    string One(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Message => Of(field.MessageType, depth + 1),
        FieldType.Enum => $"\"{field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Name}\"",
        FieldType.Bool => Pick("true", "false"),
        FieldType.String when field.Name.EndsWith("id", StringComparison.Ordinal) && random.Next(2) == 0 => $"\"{knownId}\"",
        FieldType.String => $"\"{Pick(Texts)}\"",
        _ => Pick("0", "1", "50", "100", "2147483647", "-1", random.Next().ToString(CultureInfo.InvariantCulture)),
    };

    string Pick(params string[] values) => values[random.Next(values.Length)];
}
