using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Journeys.EngineContracts;
using Kind = Journeys.Protos.Simulation.V1.DataGenerator.KindOneofCase;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>Generates the object that a list of generators describes.</summary>
/// <param name="generators">The fields.</param>
/// <param name="purpose">The purpose of the object; prefix of the names of its streams.</param>
/// <param name="start">The time from which dates count.</param>
public sealed class Generated(IReadOnlyList<Proto.DataGenerator> generators, string purpose, DateTimeOffset start)
{
    /// <summary>An object without fields.</summary>
    public static readonly JsonElement Nothing = JsonElement.Parse("{}");

    readonly Field[] fields = [.. generators.Select(generator => new Field(generator, purpose, start))];

    /// <summary>Generates the object of one person and occurrence.</summary>
    /// <param name="luck">The person's luck.</param>
    /// <param name="n">The number of the occurrence; for a trait the person's number.</param>
    public JsonElement Make(Luck luck, int n)
    {
        if (fields.Length == 0)
            return Nothing;

        var root = new JsonObject();
        foreach (var field in fields)
            field.Set(root, luck, n);
        return JsonElement.Parse(root.ToJsonString());
    }

    sealed class Field(Proto.DataGenerator generator, string purpose, DateTimeOffset start)
    {
        readonly string[] path = generator.Path.Split('.');
        readonly ulong stream = Luck.Stream($"{purpose}/{generator.Path}");
        readonly ulong missing = Luck.Stream($"{purpose}/{generator.Path}/missing");
        readonly Weights<string>? values = generator.KindCase == Kind.OneOf
            ? new([.. generator.OneOf.Values.Select(value => (Text(value.Value), value.Weight))])
            : null;

        public void Set(JsonObject root, Luck luck, int n)
        {
            if (generator.MissingPerMille > 0 && luck.Happens(generator.MissingPerMille, missing, n))
                return;

            var place = root;
            foreach (var key in path.AsSpan(0, path.Length - 1))
            {
                if (place[key] is not JsonObject inner)
                    place[key] = inner = [];
                place = inner;
            }

            place[path[^1]] = Value(luck, n);
        }

        JsonNode? Value(Luck luck, int n) => generator.KindCase switch
        {
            Kind.Constant => JsonNode.Parse(Text(generator.Constant)),
            Kind.OneOf => JsonNode.Parse(values!.Choose(luck.Draw(stream, n))),
            Kind.Number => generator.Number.From + luck.Below(generator.Number.Until - generator.Number.From + 1, stream, n),
            Kind.DateFromStart => Date(luck, n),
            _ => $"{generator.SequencePrefix}{n.ToString(CultureInfo.InvariantCulture)}",
        };

        string Date(Luck luck, int n)
        {
            var (from, until) = (generator.DateFromStart.From?.Seconds ?? 0, generator.DateFromStart.Until?.Seconds ?? 0);
            return start.AddSeconds(from + luck.Below(until - from + 1, stream, n)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        }

        static string Text(Value? value) => Json.ToElement(value) is { ValueKind: not JsonValueKind.Undefined } json ? json.GetRawText() : "null";
    }
}

/// <summary>Chooses among values by weight.</summary>
public sealed class Weights<T>(IReadOnlyList<(T Value, int Weight)> values)
{
    readonly long all = values.Sum(value => (long)value.Weight);

    /// <summary>Returns the value for a draw.</summary>
    public T Choose(ulong draw)
    {
        var place = Luck.Below(draw, all);
        foreach (var (value, weight) in values)
        {
            if ((place -= weight) < 0)
                return value;
        }

        return values[^1].Value;
    }
}
