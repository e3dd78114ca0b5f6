using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.Collections;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>A person of the population.</summary>
/// <param name="Index">The person's number.</param>
/// <param name="Luck">The person's luck.</param>
/// <param name="UserId">The person's id, which splits hash.</param>
/// <param name="Traits">The traits at the start.</param>
/// <param name="Context">The person's role.</param>
/// <param name="ZoneName">The person's time zone; null when it is not known.</param>
public sealed record Someone(int Index, Luck Luck, string UserId, JsonElement Traits, JsonElement Context, string? ZoneName)
{
    /// <summary>A hash of the person. The sum over all people identifies the population.</summary>
    public ulong Print => Luck.Stream($"{Index}\n{UserId}\n{Traits.GetRawText()}\n{Context.GetRawText()}\n{ZoneName}");
}

/// <summary>Generates the people of an invented population.</summary>
public sealed class Invented(Proto.Population.Types.Invented population, ulong seed, DateTimeOffset start)
{
    static readonly ulong Names = Luck.Stream("id");
    static readonly ulong Zones = Luck.Stream("zone");
    static readonly ulong Roles = Luck.Stream("role");

    readonly Generated traits = new(population.Traits, "trait", start);
    readonly Weights<string>? zones = Of(population.Zones);
    readonly Weights<JsonElement>? contexts = Of(population.Roles) is null
        ? null
        : new([.. population.Roles.Select(role => (JsonElement.Parse(new JsonObject { ["role"] = role.Value }.ToJsonString()), role.Weight))]);

    /// <summary>The number of people.</summary>
    public int Count => population.People;

    /// <summary>Generates the person with a number.</summary>
    public Someone Make(int index)
    {
        var luck = new Luck(seed, index);
        return new(
            index,
            luck,
            $"invented-{luck.Draw(Names):x16}",
            traits.Make(luck, index),
            contexts is null ? Generated.Nothing : contexts.Choose(luck.Draw(Roles)),
            zones?.Choose(luck.Draw(Zones)));
    }

    static Weights<string>? Of(RepeatedField<Proto.Population.Types.WeightedText> texts) =>
        texts.Count == 0 ? null : new([.. texts.Select(text => (text.Value, text.Weight))]);
}
