using Journeys.BuildingBlocks;
using Definition = Journeys.Protos.Definition.V1;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Copies;

/// <summary>
/// Checks the required parts of messages from Definition. A message without them is refused permanently, not retried.
/// </summary>
public static class ChangeCheck
{
    /// <summary>Returns the state in a message about a journey.</summary>
    public static Proto.JourneyState State(Proto.JourneyState? state)
    {
        Check.Present(state, "state");
        Check.Values([state!.Status], "state.status");
        return state;
    }

    /// <summary>Returns the version in a message, which has the time of its publication.</summary>
    public static Definition.Version Version(Definition.Version? version)
    {
        Check.Present(version, "version");
        Check.Range(version!.Version_, 1, int.MaxValue, "version.version");
        Check.Present(version.PublishTime, "version.publish_time");
        return version;
    }
}
