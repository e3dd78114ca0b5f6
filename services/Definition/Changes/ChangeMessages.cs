using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Journeys;
using Journeys.Protos;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions.Changes;

/// <summary>Builds the message of a stored change.</summary>
public sealed class ChangeMessages(ChangeStore changes, JourneyStore journeys, AudienceStore audiences)
{
    /// <summary>Returns the message of the newest move of a journey; null when none is known.</summary>
    public async Task<IMessage?> NewestOfAsync(JourneyRow journey, CancellationToken ct) =>
        (await changes.ListAsync(journey.SiteId, journey.JourneyId, journey.ChangeNo - 1, journey.Version, ct)) is [.., var newest] ? await OfAsync(newest, ct) : null;

    /// <summary>Returns the message; null when the version or audience no longer exists.</summary>
    public async Task<IMessage?> OfAsync(ChangeRow change, CancellationToken ct) => change.Kind switch
    {
        ChangeKinds.Published => await PublishedAsync(change, ct),
        ChangeKinds.Paused => new Events.JourneyPaused { State = StateOf(change, Status.Paused) },
        ChangeKinds.Resumed => new Events.JourneyResumed
        {
            State = StateOf(change, Status.Published),
            Policy = LatePolicy.Of(change.Late, change.LateAfter)?.ToProto(),
        },
        ChangeKinds.Archived => new Events.JourneyArchived { State = StateOf(change, Status.Archived) },
        ChangeKinds.Restored => new Events.JourneyRestored { State = StateOf(change, Status.Draft) },
        ChangeKinds.SiteHalt => new SiteHaltRow { SiteId = change.SiteId, ChangeNo = change.Number, Halted = change.Paused, ChangedAt = change.ChangedAt }.ToMessage(),
        _ => await AudienceAsync(change, ct),
    };

    async Task<IMessage?> PublishedAsync(ChangeRow change, CancellationToken ct)
    {
        var version = await journeys.FindVersionAsync(change.SiteId, change.Id, change.Version, ct);
        var status = change.Paused ? Status.Paused : Status.Published;
        // The number of this publication is no longer known. The present status is the best guess until newer changes
        // follow.
        if (change.Number == 0 && await journeys.FindAsync(change.SiteId, change.Id, ct) is { } journey)
            status = EnumText.Parse<Status>(journey.Status);
        return version is null ? null : new Events.JourneyPublished { State = StateOf(change, status), Version = version.ToProto() };
    }

    async Task<IMessage?> AudienceAsync(ChangeRow change, CancellationToken ct)
    {
        if (!change.Deleted)
            return await audiences.FindAsync(change.SiteId, change.Id, ct) is { } audience ? audience.ToMessage(deleted: false) : null;

        var gone = new AudienceRow
        {
            SiteId = change.SiteId,
            AudienceId = change.Id,
            Name = change.Name,
            Revision = change.Number,
            UpdatedAt = change.ChangedAt,
        };
        return gone.ToMessage(deleted: true);
    }

    static Events.JourneyState StateOf(ChangeRow change, Status status) => new()
    {
        SiteId = change.SiteId.ToString(),
        JourneyId = change.Id.ToString(),
        ChangeNo = change.Number,
        Status = status,
        Version = change.Version,
        Time = change.ChangedAt.ToTimestamp(),
    };
}
