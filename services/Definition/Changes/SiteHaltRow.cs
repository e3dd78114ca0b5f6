using Google.Protobuf.WellKnownTypes;
using Journeys.Protos.Definition.V1;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Definitions.Changes;

/// <summary>Whether a site is halted, as stored.</summary>
public sealed record SiteHaltRow
{
    public Guid SiteId { get; init; }

    /// <summary>The change number, which grows with every halt and resume; 0 when there was none.</summary>
    public int ChangeNo { get; init; }
    public bool Halted { get; init; }

    /// <summary>The id of the member or key that last halted or resumed the site.</summary>
    public string ChangedBy { get; init; } = "";

    /// <summary>The reason of the halt.</summary>
    public string Reason { get; init; } = "";
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>Whether Enrollment has acknowledged the newest change.</summary>
    public bool AppliedEverywhere { get; init; } = true;

    /// <summary>Maps it to the contract.</summary>
    public SiteHalt ToProto() => new()
    {
        SiteId = SiteId.ToString(),
        Halted = Halted,
        HaltTime = Halted ? ChangedAt.ToTimestamp() : null,
        HaltedBy = Halted ? ChangedBy : "",
        Reason = Reason,
        AppliedEverywhere = AppliedEverywhere,
    };

    /// <summary>Returns the message for other services.</summary>
    public Events.JourneysHaltChanged ToMessage() => new()
    {
        SiteId = SiteId.ToString(),
        ChangeNo = ChangeNo,
        Halted = Halted,
        Time = ChangedAt.ToTimestamp(),
    };
}
