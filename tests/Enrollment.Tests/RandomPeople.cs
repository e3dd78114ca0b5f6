using CsCheck;
using Google.Protobuf.WellKnownTypes;

namespace Journeys.Enrollments.Tests;

/// <summary>A person as the database has them.</summary>
sealed record RandomPerson(string? UserId, Struct Traits, Struct Context, RandomEvent[] Events, (string Id, string Outcome)[] Contents);

/// <summary>Something they did.</summary>
sealed record RandomEvent(string Name, Struct Properties, DateTimeOffset OccurredAt);

/// <summary>People with traits of every type, and with what two implementations of one rule language might see differently.</summary>
static class RandomPeople
{
    public static readonly DateTimeOffset Now = new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero).AddTicks(1_234_567);

    public static readonly string[] TraitKeys = ["a", "when", "list", "deep", "Ünï", "-1", "a b"];

    public static readonly Gen<string> EventNames = Gen.OneOf("paid", "seen");

    public static readonly Gen<string> ContentIds = Gen.OneOf("flow", "survey");

    // Equal as doubles but written differently, neighbours of each other, the largest and the smallest, both zeros.
    public static readonly Gen<double> Numbers = Gen.OneOf(
        0, -0.0, 1, 1.5, -1, 10, 0.1, 0.3, 0.1 + 0.2, 9_007_199_254_740_992, 9_007_199_254_740_994, 1e21, 1e300, double.MaxValue, double.MinValue, double.Epsilon, -1e-300);

    public static readonly Gen<string> Dates = Gen.OneOf(
        Gen.OneOf(
            "2026-03-02", "2026-02-23", "2026-02-30", "2025-02-29", "2024-02-29", "0999-01-01", "1000-01-01", "8999-12-31", "9999-12-31", "2026-3-2", "2026-03-02T12:00:00",
            "2026-03-02 12:00:00Z", "2026-03-02t12:00:00z", "2026-03-02T24:00:00Z", "2026-03-02T12:00:60Z", "2026-03-02T13:00:00+01:00", "2026-03-01T22:01:00-13:59",
            "2026-03-02T12:00:00+14:00", "2026-03-02T12:00:00.1234567Z", "2026-03-02T12:00:00Z\n", " 2026-03-02", "２０２６-03-02", "1000-01-01T00:00:00+13:00"),
        // Everything that RFC 3339 allows, and its neighbours: fractions of any length, small letters, far offsets, the first and the last year.
        Gen.OneOf(
            "0001-01-01", "0000-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000009z", "0001-01-01T00:00:00+18:00", "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z",
            "9999-12-31T23:59:59-18:00", "9999-12-31T23:59:60Z", "2026-03-02T12:00:00.123456Z", "2026-03-02T12:00:00.123456789Z", "2026-03-02T12:00:00.12345650000000000000001z",
            "2026-03-02T12:00:00.1234569999999999999999999999Z", "2026-03-02T12:00:00.Z", "2026-03-02t12:00:00.5+00:00", "2026-03-02T12:59:60.9999999Z", "2026-03-02T12:59:61Z",
            "2026-03-03T05:59:60+18:00", "2026-03-01T18:00:00.000001-18:00", "2026-03-02T12:00:00+18:01", "2026-03-02T12:00:00-19:00", "2026-03-02T12:00:00+17:59", "2026-03-02T12:00:00-00:00",
            "2026-03-02T12:00:00+0100", "2026-03-02T12:00:00", "2026-02-29T12:00:00.123456789Z", "2026-03-02T12:00:00-15:59", "2026-03-02T12:00:00+16:00"),
        // Around now, and around where spans begin, to the microsecond.
        Gen.Select(Gen.OneOf(0.0, 1, 1.5, 3600, 86400, 604800, 315_576_000, 315_619_200), Gen.Int[-2, 2], (seconds, micros) =>
            Now.AddSeconds(-seconds).AddTicks(micros * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture)));

    public static readonly Gen<string> Texts = Gen.OneOf(
        Gen.OneOf(
            "", "a", "A", "abc", "ABC", "pro", "1", "1.0", "true", "null", "u1", "U1", "é", "É", "e\u0301", "ß", "ẞ", "SS", "İ", "ı", "I", "i", "Σ", "σ", "ς", "ὈΔΥΣΣΕΎΣ", "Ǆ", "ǅ", "K",
            "😀", "a😀b", "𐐀", "𐐨", "a\nb", "a\r\n", "\t", " ", "%", "_", "a_c", "\\", "\"", "'", "{}", "[]", "$1", "\uffff", "\u00a0", "x]y", "a-c", "7", "{\"x\": 1}"),
        Gen.OneOf("a", "B", "é", "1", " ", "😀", "-", ".", "\n").Array[0, 4].Select(string.Concat),
        Dates);

    public static readonly Gen<Value> Plain = Gen.Frequency(
        (3, Texts.Select(Value.ForString)),
        (2, Numbers.Select(Value.ForNumber)),
        (1, Gen.Bool.Select(Value.ForBool)));

    static readonly Gen<Value> Anything = Gen.Frequency(
        (6, Plain),
        (1, Gen.Const(Value.ForNull)),
        (2, Plain.Array[0, 3].Select(list => Value.ForList(list))),
        (1, Gen.Select(Plain, Plain.Array[0, 2], (one, list) => Value.ForList([Value.ForList(list), Value.ForNull(), one]))),
        (1, Objects(Plain, "x", "b")),
        (1, Objects(Objects(Plain, "z"), "y", "x")));

    static readonly Gen<Struct> Contexts =
        from role in Maybe(Texts.Select(Value.ForString))
        from browser in Maybe(Texts.Select(Value.ForString))
        from device in Maybe(Objects(Texts.Select(Value.ForString), "type", "os", "browser"))
        from location in Maybe(Gen.OneOf(Objects(Anything, "city", "list"), Objects(Objects(Plain, "lat"), "geo")))
        select Joined(("role", role), ("browser", browser), ("device", device), ("location", location));

    static readonly Gen<RandomEvent> Events =
        from name in EventNames
        from properties in Objects(Anything, "a", "when", "deep", "list")
        from secondsAgo in Gen.OneOf(0.0, 1, 1.5, 3600, 3601, 86400, 604800, 10_000_000)
        from micros in Gen.Int[-1, 1]
            // The database keeps microseconds.
        select new RandomEvent(name, properties.StructValue, new DateTimeOffset(Now.AddSeconds(-secondsAgo).AddTicks(micros * 10).Ticks / 10 * 10, TimeSpan.Zero));

    public static readonly Gen<RandomPerson> People =
        from userId in Maybe(Texts.Where(text => text.Length > 0))
        from traits in Objects(Anything, TraitKeys)
        from context in Contexts
        from events in Events.Array[0, 4]
        from contents in Gen.Select(ContentIds, Gen.OneOf("COMPLETED", "DISMISSED", "SKIPPED")).Array[0, 2]
        select new RandomPerson(userId, traits.StructValue, context, events, contents);

    // An object that has each key or not.
    static Gen<Value> Objects(Gen<Value> values, params string[] keys) =>
        Maybe(values).Array[keys.Length].Select(some => Value.ForStruct(Joined([.. keys.Zip(some)])));

    static Gen<T?> Maybe<T>(Gen<T> gen)
        where T : class => Gen.Frequency((1, Gen.Const<T?>(() => null)), (3, gen.Select(value => (T?)value)));

    static Struct Joined(params (string Key, Value? Value)[] fields)
    {
        var joined = new Struct();
        foreach (var (key, value) in fields.Where(field => field.Value is not null))
            joined.Fields[key] = value;
        return joined;
    }
}
