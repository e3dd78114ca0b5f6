using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Proto = Journeys.Protos.Scheduler.V1;

namespace Journeys.Scheduling;

/// <summary>What is left of the release of a journey.</summary>
public sealed record ReleaseRow
{
    public string Status { get; init; } = "";
    public int? ReleasePerSecond { get; init; }
    public int Parked { get; init; }

    /// <summary>Maps it to the contract.</summary>
    /// <param name="defaultPerSecond">The rate of a journey whose resume did not give one.</param>
    public Proto.Release ToProto(int defaultPerSecond)
    {
        var perSecond = ReleasePerSecond ?? defaultPerSecond;
        return new()
        {
            PeopleLeft = Parked,
            PeoplePerSecond = perSecond,
            TakesAbout = Status == JourneyStatuses.Published
                ? TimeSpan.FromSeconds(Math.Ceiling((double)Parked / perSecond)).ToDuration()
                : null,
        };
    }
}
