using Google.Protobuf.WellKnownTypes;
using Journeys.Protos.Events.V1;

namespace Journeys.Definitions.Journeys;

/// <summary>Maps pauses during which waits stopped to the contract.</summary>
static class FrozenPauses
{
    /// <summary>Returns the pauses of an array with the begin and the end of each.</summary>
    public static IEnumerable<JourneyState.Types.FrozenPause> ToProto(DateTime[] times) =>
        times.Chunk(2).Select(pause => new JourneyState.Types.FrozenPause
        {
            PauseTime = pause[0].ToTimestamp(),
            ResumeTime = pause[1].ToTimestamp(),
        });
}
