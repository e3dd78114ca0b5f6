using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;

namespace Journeys.Enrollments;

/// <summary>Guards for data that callers shape themselves.</summary>
public static class FreeForm
{
    /// <summary>Refuses what is too large, and the NUL character, which PostgreSQL cannot keep in JSON.</summary>
    /// <exception cref="InvalidInput">Names the field.</exception>
    public static void Check(Struct? data, int maxBytes, string field)
    {
        if (data is null)
            return;
        if (data.CalculateSize() > maxBytes)
            throw new InvalidInput(field, $"may have {maxBytes / 1024} KiB.");
        if (HasNul(data))
            throw new InvalidInput(field, "must not contain the NUL character.");
    }

    static bool HasNul(Struct data) => data.Fields.Any(field => field.Key.Contains('\0') || HasNul(field.Value));

    static bool HasNul(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => value.StringValue.Contains('\0'),
        Value.KindOneofCase.StructValue => HasNul(value.StructValue),
        Value.KindOneofCase.ListValue => value.ListValue.Values.Any(HasNul),
        _ => false,
    };
}
