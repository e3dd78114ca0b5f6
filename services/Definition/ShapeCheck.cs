using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;

namespace Journeys.Definitions;

/// <summary>Finds values that protobuf carries but that are none: unknown enum values, times and spans out of range, NaN.</summary>
/// <remarks>The gateway lets none of them pass, but backends may speak gRPC. Stored, they would fail later, where nobody expects it.</remarks>
public static class ShapeCheck
{
    const long TenYears = 3_653L * 24 * 60 * 60;
    static readonly Timestamp Earliest = Timestamp.FromDateTimeOffset(DateTimeOffset.MinValue);
    static readonly Timestamp Latest = Timestamp.FromDateTimeOffset(DateTimeOffset.MaxValue);

    /// <summary>Everything in a message, with the path to it.</summary>
    public static IEnumerable<Violation> Of(IMessage message, string path) =>
        ProtoTree.Of(message, path).SelectMany(part => part.Part switch
        {
            Duration span => IsSane(span) ? [] : [new Violation(part.Path, "must be at most 10 years.")],
            Timestamp time => IsSane(time) ? [] : [new Violation(part.Path, "must be a time of the years 1 to 9999.")],
            _ => Scalars(part.Part, part.Path),
        });

    static IEnumerable<Violation> Scalars(IMessage message, string path) =>
        from field in message.Descriptor.Fields.InDeclarationOrder()
        where field.FieldType is FieldType.Enum or FieldType.Double && !field.IsMap
        from value in field.Accessor.GetValue(message) is var given && given is IList many ? many.Cast<object>() : [given]
        where !IsSane(field, value)
        select new Violation(ProtoTree.Below(path, field.JsonName), field.FieldType == FieldType.Enum ? "must be a known value." : "must be a number.");

    static bool IsSane(FieldDescriptor field, object value) => field.FieldType == FieldType.Enum
        ? field.EnumType.FindValueByNumber((int)value) is not null
        : double.IsFinite((double)value);

    static bool IsSane(Duration span) =>
        span.Seconds is >= -TenYears and <= TenYears
        && span.Nanos is > -Duration.NanosecondsPerSecond and < Duration.NanosecondsPerSecond
        && Math.Sign(span.Seconds) * Math.Sign(span.Nanos) >= 0;

    static bool IsSane(Timestamp time) =>
        time.Nanos is >= 0 and < Duration.NanosecondsPerSecond && time.Seconds >= Earliest.Seconds && time.Seconds <= Latest.Seconds;
}
