using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.EngineContracts;

namespace Journeys.Enrollments.Profiles;

/// <summary>Guards for data that callers shape themselves.</summary>
public static class FreeForm
{
    /// <summary>The most that properties and answers have, in bytes.</summary>
    public const int MaxPropertyBytes = 16 * 1024;

    /// <summary>What is wrong with data: too large, or a NUL character, which PostgreSQL cannot keep in JSON; null when nothing is.</summary>
    public static string? Fault(Struct? data, int maxBytes)
    {
        if (data is null)
            return null;
        if (JsonSize.Of(data) > maxBytes)
            return $"must have at most {maxBytes / 1024} KiB.";
        return HasNul(data) ? "must not contain the NUL character." : null;
    }

    /// <summary>Refuses what is too large, and the NUL character, which PostgreSQL cannot keep in JSON.</summary>
    /// <exception cref="InvalidInput">Names the field.</exception>
    public static void Check(Struct? data, int maxBytes, string field)
    {
        if (Fault(data, maxBytes) is { } fault)
            throw new InvalidInput(field, fault);
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
