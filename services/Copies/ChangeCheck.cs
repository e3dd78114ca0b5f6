using Journeys.BuildingBlocks;
using Definition = Journeys.Protos.Definition.V1;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Copies;

/// <summary>What news from Definition must have, so that a copy can follow it. Without it, it is refused for good, not tried again.</summary>
public static class ChangeCheck
{
    /// <summary>The state that a move of a journey names.</summary>
    public static Proto.JourneyState State(Proto.JourneyState? state)
    {
        Check.Present(state, "state");
        Check.Values([state!.Status], "state.status");
        return state;
    }

    /// <summary>The version that came with it, with the time of its publication.</summary>
    public static Definition.Version Version(Definition.Version? version)
    {
        Check.Present(version, "version");
        Check.Range(version!.Version_, 1, int.MaxValue, "version.version");
        Check.Present(version.PublishTime, "version.publish_time");
        return version;
    }
}
