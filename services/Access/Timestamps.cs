using Google.Protobuf.WellKnownTypes;

namespace Journeys.Access;

/// <summary>Converts times to the contracts.</summary>
static class Timestamps
{
    public static Timestamp ToProto(this DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);
}
