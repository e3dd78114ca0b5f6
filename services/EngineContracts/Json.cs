using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Journeys.EngineContracts;

/// <summary>Converts free-form data between the contract (`Struct`, `Value`) and JSON.</summary>
public static class Json
{
    // The parser counts two for each of at most 32 levels of a request. The limit is higher for data that was stored
    // before requests were checked everywhere.
    static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithRecursionLimit(128));

    /// <summary>Converts a value to JSON; undefined for no value.</summary>
    public static JsonElement ToElement(Value? value) =>
        value is null || value.KindCase == Value.KindOneofCase.None ? default : JsonElement.Parse(JsonFormatter.Default.Format(value));

    /// <summary>Converts an object to JSON; undefined for no object.</summary>
    public static JsonElement ToElement(Struct? value) => value is null ? default : JsonElement.Parse(JsonFormatter.Default.Format(value));

    /// <summary>Converts an object to JSON text; `{}` for no object.</summary>
    public static string ToText(Struct? value) => value is null ? "{}" : JsonFormatter.Default.Format(value);

    /// <summary>Converts JSON text to an object of the contract.</summary>
    public static Struct ToStruct(string json) => Parser.Parse<Struct>(json);
}
