using Google.Protobuf.WellKnownTypes;

namespace Journeys.Access;

/// <summary>Times as the contracts write them.</summary>
static class Timestamps
{
    public static Timestamp ToProto(this DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);
}
