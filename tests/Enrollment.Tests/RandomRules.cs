using CsCheck;
using Google.Protobuf.WellKnownTypes;
using Journeys.Engine;
using Op = Journeys.Protos.Rule.V1.Rule.Types.Condition.Types.Operator;
using Rule = Journeys.Protos.Rule.V1.Rule;

namespace Journeys.Enrollments.Tests;

/// <summary>Valid rules about people, of every kind and operator, that ask for what <see cref="RandomPeople"/> have.</summary>
static class RandomRules
{
    /// <summary>Two audiences that rules name; the second may name the first.</summary>
    public static readonly Guid[] Audiences = [Guid.Parse("018f0000-0000-7000-8000-0000000000a1"), Guid.Parse("018f0000-0000-7000-8000-0000000000a2")];

    static readonly string[] PersonFields =
    [
        "userId", "role", "browser", "device.type", "device.os", "device.browser", "location.city", "location.geo.lat", "location.list.x", "location.list.-1",
        .. RandomPeople.TraitKeys.Select(key => $"traits.{key}"), "traits.a.b", "traits.deep.x", "traits.deep.y.z", "traits.list.x", "traits.list.-1", "traits.list.+1", "traits.list. 1", "traits.list.0", "traits.nobody",
    ];

    static readonly string[] EventFields = ["properties.a", "properties.when", "properties.deep.x", "properties.list", "properties.list.b", "properties.list.-1", "properties.nobody"];

    static readonly Gen<string> Spans = Gen.OneOf("1s", "0.0000005s", "3600s", "86400s", "604800s", "1.5s", "315576000s", "315619200s", "12345.678901s");

    // Pieces that .NET and PostgreSQL might read differently, joined at random; what is not in the subset is refused and drawn again.
    public static readonly Gen<string> Patterns =
        from pieces in Gen.OneOf(
            ".", "a", "A", "é", "^", "$", "|", "(", ")", "(?:", "*", "+", "?", "{2}", "{1,2}", "{0}", @"\d", @"\D", @"\w", @"\W", @"\s", @"\S", @"\.", @"\n",
            "[a-c]", "[^a]", "[a-c-e]", @"[\d-z]", "[-a]", "[a-]", @"[^\w]", @"[\]x]", "[^^]", "[$.|]", "]", "}", "-", " ", "İ", "ß", "7", "[é-ü]", @"\$", "@", "x")
            .Array[1, 6]
        select string.Concat(pieces);

    static readonly Gen<string> ValidPatterns = Patterns.Where(pattern => RegexMatcher.For(pattern) is not null);

    public static Gen<Rule> AboutPeople(params Guid[] audiences) => Rules(PersonFields, depth: 3, leaf: condition => Gen.Frequency(
        (7, condition),
        (2, Happened),
        (1, Gen.Select(RandomPeople.ContentIds, Gen.Int[0, 3], (id, outcome) => new Rule { Content = new() { ContentId = id, Outcome = (Rule.Types.Content.Types.Outcome)outcome } })),
        (audiences.Length == 0 ? 0 : 1, Gen.OneOf(audiences.Length == 0 ? Audiences : audiences).Select(id => new Rule { Audience = new() { AudienceId = id.ToString() } }))));

    static Gen<Rule> Happened =>
        from name in RandomPeople.EventNames
        from isFiltered in Gen.Bool
        from filter in Rules(EventFields, depth: 1, leaf: condition => condition)
        from within in Gen.OneOf(0L, 1, 3600, 86400, 604800, 315_000_000)
        from atLeast in Gen.Int[0, 3]
        select new Rule
        {
            Event = new()
            {
                Name = name,
                Where = isFiltered ? filter : null,
                Within = within == 0 ? null : Duration.FromTimeSpan(TimeSpan.FromSeconds(within)),
                AtLeast = atLeast,
            },
        };

    static Gen<Rule> Rules(string[] fields, int depth, Func<Gen<Rule>, Gen<Rule>> leaf)
    {
        var simple = leaf(Conditions(fields));
        if (depth == 0)
            return simple;

        var part = Rules(fields, depth - 1, leaf);
        return Gen.Frequency(
            (5, simple),
            (2, Gen.Select(Gen.Bool, part.Array[1, 4], (isAnd, parts) => new Rule
            {
                Group = new() { Operator = isAnd ? Rule.Types.Group.Types.Operator.And : Rule.Types.Group.Types.Operator.Or, Rules = { parts } },
            })),
            (1, part.Select(rule => new Rule { Not = new() { Rule = rule } })));
    }

    static Gen<Rule> Conditions(string[] fields) =>
        from field in Gen.OneOf(fields)
        from op in Gen.Int[1, 19]
        from value in ValueFor((Op)op)
        select new Rule { Condition = new() { Field = field, Operator = (Op)op, Value = value } };

    static Gen<Value?> ValueFor(Op op) => op switch
    {
        Op.Exists or Op.NotExists => Gen.Const<Value?>(() => null),
        Op.Gt or Op.Lt or Op.Gte or Op.Lte => RandomPeople.Numbers.Select(number => (Value?)Value.ForNumber(number)),
        Op.In or Op.NotIn => RandomPeople.Plain.Array[0, 3].Select(list => (Value?)Value.ForList(list)),
        Op.Eq or Op.Neq => Gen.Frequency((4, RandomPeople.Plain), (1, RandomPeople.Plain.Array[0, 3].Select(list => Value.ForList(list)))).Select(value => (Value?)value),
        Op.Contains or Op.NotContains => RandomPeople.Plain.Select(value => (Value?)value),
        Op.Regex => ValidPatterns.Select(pattern => (Value?)Value.ForString(pattern)),
        Op.Before or Op.After => RandomPeople.Dates.Where(date => Dates.Read(date) is not null).Select(date => (Value?)Value.ForString(date)),
        Op.WithinLast or Op.NotWithinLast => Spans.Select(span => (Value?)Value.ForString(span)),
        _ => RandomPeople.Texts.Select(text => (Value?)Value.ForString(text)),
    };
}
