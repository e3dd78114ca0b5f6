using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace Journeys.EngineContracts;

/// <summary>Measures free-form data: bytes of compact JSON in UTF-8, with every character unescaped.</summary>
/// <remarks>The size of a message and of its stored JSON is the same. The SDK measures in the same way.</remarks>
public static class JsonSize
{
    /// <summary>Returns the size of an object of the contract.</summary>
    public static int Of(Struct data) => Frame(data.Fields, field => Of(field.Key) + 1 + Of(field.Value));

    /// <summary>Returns the size of stored JSON.</summary>
    public static int Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => Frame(json.EnumerateObject(), field => Of(field.Name) + 1 + Of(field.Value)),
        JsonValueKind.Array => Frame(json.EnumerateArray(), Of),
        JsonValueKind.String => Of(json.GetString()!),
        JsonValueKind.Number => Of(json.GetDouble()),
        JsonValueKind.False => 5,
        _ => 4,
    };

    static int Of(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StructValue => Of(value.StructValue),
        Value.KindOneofCase.ListValue => Frame(value.ListValue.Values, Of),
        Value.KindOneofCase.StringValue => Of(value.StringValue),
        Value.KindOneofCase.NumberValue => Of(value.NumberValue),
        Value.KindOneofCase.BoolValue when !value.BoolValue => 5,
        _ => 4,
    };

    static int Of(string text) => Encoding.UTF8.GetByteCount(text) + 2;

    static int Of(double number) => number.ToString("R", CultureInfo.InvariantCulture).Length;

    // Adds the brackets and the commas.
    static int Frame<T>(IEnumerable<T> items, Func<T, int> size)
    {
        var (sum, count) = (0, 0);
        foreach (var item in items)
        {
            sum += size(item);
            count++;
        }

        return 2 + sum + Math.Max(0, count - 1);
    }
}
