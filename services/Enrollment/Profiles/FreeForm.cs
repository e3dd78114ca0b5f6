using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.EngineContracts;

namespace Journeys.Enrollments.Profiles;

/// <summary>Checks free-form data from callers.</summary>
public static class FreeForm
{
    /// <summary>The maximum size of properties and answers, in bytes.</summary>
    public const int MaxPropertyBytes = 16 * 1024;

    /// <summary>
    /// Returns what is wrong with the data: its size, or a NUL character, which PostgreSQL cannot store in JSON; null
    /// when it is valid.
    /// </summary>
    public static string? Fault(Struct? data, int maxBytes)
    {
        if (data is null)
            return null;
        if (JsonSize.Of(data) > maxBytes)
            return $"must have at most {maxBytes / 1024} KiB.";
        return HasNul(data) ? "must not contain the NUL character." : null;
    }

    /// <summary>
    /// Refuses data that is too large or contains a NUL character, which PostgreSQL cannot store in JSON.
    /// </summary>
    /// <exception cref="InvalidInput">The data of the named field is invalid.</exception>
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
