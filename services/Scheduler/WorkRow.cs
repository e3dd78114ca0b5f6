using Google.Protobuf.WellKnownTypes;
using Proto = Journeys.Protos.Scheduler.V1;

namespace Journeys.Scheduling;

/// <summary>The work that is in progress for a journey.</summary>
public sealed record WorkRow
{
    public Guid JourneyId { get; init; }
    public bool Parked { get; init; }
    public DateTimeOffset? ReleasedAt { get; init; }
    public bool Releases { get; init; }
    public bool Archives { get; init; }

    /// <summary>Maps it to the contract.</summary>
    public Proto.ListJourneyWorkResponse.Types.Work ToProto() => new()
    {
        JourneyId = JourneyId.ToString(),
        Parked = Parked,
        ReleaseTime = ReleasedAt?.ToTimestamp(),
        Releases = Releases,
        Archives = Archives,
    };
}
