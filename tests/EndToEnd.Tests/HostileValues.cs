using System.Text;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Journeys.EndToEnd.Tests;

/// <summary>One value that somebody sends who means no good, or does not know better.</summary>
/// <param name="Json">As JSON; null where JSON cannot say it.</param>
/// <param name="Native">As the field's value in protobuf; null where protobuf cannot say it.</param>
/// <param name="Encoded">As text of a path or query, encoded; null where it makes no sense there.</param>
sealed record Hostile(string Name, string? Json, object? Native, string? Encoded = null);

/// <summary>What is wrong for a field, by its type.</summary>
static class HostileValues
{
    static readonly string[] Tokens =
    [
        """{"Key":"a\u0000b"}""", """{"Name":"a\u0000b"}""", """{"Key":"\ud83d"}""", """{"Name":7}""",
        """{"UpdatedAt":"2026-01-01T00:00:00+02:00","JourneyId":"01890a5d-ac96-774b-bcce-b302099a8057"}""",
        """{"SeenAt":"2026-01-01T00:00:00+02:00","ProfileId":"01890a5d-ac96-774b-bcce-b302099a8057"}""",
        """{"CreatedAt":"0001-01-01T00:00:00+14:00","JobId":"01890a5d-ac96-774b-bcce-b302099a8057"}""",
        """{"EnrollmentId":null}""", """{"VisitNo":-1}""", """{"Version":1e99}""", "[]", "null",
    ];

    public static IEnumerable<Hostile> Of(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.String when field.Name == "page_token" => Tokens.Select(Token).Concat(Texts),
        FieldType.String => Texts,
        FieldType.Bool => [new("a text as bool", "\"true\"", null, "1")],
        FieldType.Enum =>
        [
            new("an unknown name", "\"NO_SUCH\"", null, "NO_SUCH"), new("an unknown number", "99", 99, "99"), new("a negative number", "-1", -1, "-1"),
        ],
        FieldType.Double =>
        [
            new("NaN", "NaN", double.NaN), new("infinity", "1e999", double.PositiveInfinity), new("minus infinity", "\"-Infinity\"", double.NegativeInfinity),
            new("a huge number", "1e308", 1e308),
        ],
        FieldType.Int32 =>
        [
            new("the largest", "2147483647", int.MaxValue, "2147483647"), new("the smallest", "-2147483648", int.MinValue, "-2147483648"),
            new("too large", "99999999999", null, "99999999999"), new("no number", "\"x\"", null, "x"),
        ],
        FieldType.Int64 =>
        [
            new("the largest", "\"9223372036854775807\"", long.MaxValue), new("the smallest", "-9223372036854775808", long.MinValue),
            new("too large", "\"9223372036854775808\"", null), new("no number", "\"x\"", null), new("a fraction", "0.5", null),
        ],
        FieldType.Fixed64 =>
        [
            new("the largest", "\"18446744073709551615\"", ulong.MaxValue), new("a negative number", "\"-1\"", null), new("no number", "\"x\"", null),
        ],
        FieldType.Message => OfMessage(field.MessageType.FullName),
        _ => [],
    };

    static IEnumerable<Hostile> Texts { get; } =
    [
        new("NUL", "\"a\\u0000b\"", "a\0b", "a%00b"), new("a control character", "\"a\\u001bb\"", "a\u001bb", "a%1Bb"), new("a line break", "\"a\\nb\"", "a\nb", "a%0Ab"),
        new("half of a pair", "\"cut \\ud83d\"", null, "%ED%A0%BD"), new("U+FFFD", "\"m\uFFFDller\"", "m\uFFFDller", "m%EF%BF%BDller"),
        new("bytes that are no UTF-8", null, null, "%C3%28"), new("dots", "\"..\"", "..", "%2E%2E"), new("an emoji", "\"\U0001F600/%2F\"", "\U0001F600/%2F", "%F0%9F%98%80%2F%252F"),
        new("nothing", "\"\"", ""), new("much", $"\"{new string('x', 40_000)}\"", new string('x', 40_000)), new("a number", "7", null), new("a list", "[[\"a\"]]", null),
    ];

    static IEnumerable<Hostile> OfMessage(string type) => type switch
    {
        "google.protobuf.Timestamp" =>
        [
            new("no time", "\"soon\"", new Timestamp { Seconds = long.MaxValue }, "soon"), new("the year 0", "\"0000-01-01T00:00:00Z\"", new Timestamp { Seconds = -62_135_596_801 }, "0000-01-01T00:00:00Z"),
            new("the last moment", "\"9999-12-31T23:59:59.999999999Z\"", new Timestamp { Seconds = 253_402_300_799, Nanos = 999_999_999 }, "9999-12-31T23:59:59.999999999Z"),
            new("the first moment", "\"0001-01-01T00:00:00Z\"", new Timestamp { Seconds = -62_135_596_800 }, "0001-01-01T00:00:00Z"), new("parts below 0", null, new Timestamp { Nanos = -1 }),
        ],
        "google.protobuf.Duration" =>
        [
            new("too long", "\"999999999999s\"", new Duration { Seconds = long.MaxValue }), new("the longest", "\"315576000000s\"", new Duration { Seconds = 315_576_000_000 }),
            new("below 0", "\"-5s\"", new Duration { Seconds = -5 }), new("two signs", null, new Duration { Seconds = 1, Nanos = -1 }), new("no duration", "\"a day\"", new Duration { Nanos = int.MinValue }),
        ],
        "google.protobuf.Struct" => Values.Select(value => value with
        {
            Json = value.Json is { } json ? $$"""{"k":{{json}}}""" : null,
            Native = value.Native is Value free ? new Struct { Fields = { ["k"] = free } } : null,
        }).Append(new("NUL in a name", "{\"a\\u0000b\":1}", new Struct { Fields = { ["a\0b"] = Value.ForNumber(1) } })),
        "google.protobuf.Value" => Values,
        _ => [],
    };

    static IEnumerable<Hostile> Values { get; } =
    [
        new("NUL in a value", "\"a\\u0000b\"", Value.ForString("a\0b")), new("half of a pair", "\"cut \\ud83d\"", null), new("U+FFFD", "\"\uFFFD\"", Value.ForString("\uFFFD")),
        new("no kind", null, new Value()), new("NaN", "NaN", Value.ForNumber(double.NaN)), new("infinity", "1e999", Value.ForNumber(double.PositiveInfinity)),
        new("a huge number", "1e308", Value.ForNumber(1e308)), new("33 lists", Lists(33), Native(33, isList: true)), new("28 lists", Lists(28), Native(28, isList: true)), new("31 objects", Objects(31), Native(31, isList: false)),
        new("29 objects", Objects(29), Native(29, isList: false)), new("27 objects", Objects(27), Native(27, isList: false)), new("null", "null", Value.ForNull()), new("a mix", """[1,"a",null,{"":[]}]""", Value.ForList(Value.ForNull(), Value.ForStruct(new Struct { Fields = { [""] = Value.ForList() } }))),
    ];

    static Hostile Token(string json)
    {
        var token = System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
        return new Hostile($"the token {json}", $"\"{token}\"", token, token);
    }

    static string Lists(int depth) => new string('[', depth) + new string(']', depth);

    static string Objects(int depth) => string.Concat(Enumerable.Repeat("{\"o\":", depth)) + "1" + new string('}', depth);

    static Value Native(int depth, bool isList)
    {
        var value = isList ? Value.ForList() : Value.ForNumber(1);
        for (var level = isList ? 1 : 0; level < depth; level++)
            value = isList ? Value.ForList(value) : Value.ForStruct(new Struct { Fields = { ["o"] = value } });
        return value;
    }
}
