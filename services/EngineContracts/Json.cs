using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Journeys.EngineContracts;

/// <summary>Free-form data between the contract (`Struct`, `Value`) and JSON.</summary>
public static class Json
{
    // It counts two for each level of 32, the most that a request may have; more is there for what was stored before that held everywhere.
    static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithRecursionLimit(128));

    /// <summary>A value as JSON; undefined for none.</summary>
    public static JsonElement ToElement(Value? value) =>
        value is null || value.KindCase == Value.KindOneofCase.None ? default : JsonElement.Parse(JsonFormatter.Default.Format(value));

    /// <summary>An object as JSON; undefined for none.</summary>
    public static JsonElement ToElement(Struct? value) => value is null ? default : JsonElement.Parse(JsonFormatter.Default.Format(value));

    /// <summary>An object as JSON text; `{}` for none.</summary>
    public static string ToText(Struct? value) => value is null ? "{}" : JsonFormatter.Default.Format(value);

    /// <summary>JSON text as an object of the contract.</summary>
    public static Struct ToStruct(string json) => Parser.Parse<Struct>(json);
}
