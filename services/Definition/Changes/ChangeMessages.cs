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
    public async Task<IMessage?> OfAsync(ChangeRow change, CancellationToken ct) => (await OfAsync([change], bytes: 1, ct))[0];

    /// <summary>
    /// Returns the messages of the first changes of one journey, audience or halt, as many as have about the given number
    /// of bytes, but at least one. An item is null when its version or audience no longer exists.
    /// </summary>
    public async Task<IReadOnlyList<IMessage?>> OfAsync(IReadOnlyList<ChangeRow> changes, long bytes, CancellationToken ct)
    {
        var published = changes.Where(change => change.Kind == ChangeKinds.Published).ToList();
        int[] wanted = [.. published.Select(change => change.Version).Distinct()];
        var found = wanted.Length == 0 ? [] : await journeys.ListVersionsAsync(published[0].SiteId, published[0].Id, wanted, bytes, ct);
        var versions = found.ToDictionary(version => version.Version);
        // Versions after the last one that was read did not fit. A version that is missing before it, or when none was
        // read, no longer exists.
        var read = found.Count == 0 ? wanted.Length : Array.IndexOf(wanted, found[^1].Version) + 1;
        var unread = wanted[read..].ToHashSet();
        // The number of such a publication is no longer known. The present status is the best guess until newer changes
        // follow.
        var journey = published.Exists(change => change.Number == 0)
            ? await journeys.FindAsync(published[0].SiteId, published[0].Id, ct)
            : null;

        var messages = new List<IMessage?>();
        foreach (var change in changes.TakeWhile(change => change.Kind != ChangeKinds.Published || !unread.Contains(change.Version)))
        {
            messages.Add(change.Kind == ChangeKinds.Published
                ? Published(change, versions.GetValueOrDefault(change.Version), journey)
                : await OtherAsync(change, ct));
        }

        return messages;
    }

    async Task<IMessage?> OtherAsync(ChangeRow change, CancellationToken ct) => change.Kind switch
    {
        ChangeKinds.Paused => new Events.JourneyPaused { State = StateOf(change, Status.Paused) },
        ChangeKinds.Resumed => new Events.JourneyResumed
        {
            State = StateOf(change, Status.Published),
            Policy = PausePolicy.Of(change.Timers, change.Late, change.LateAfter, change.ReleasePerSecond)?.ToProto(),
        },
        ChangeKinds.Archived => new Events.JourneyArchived { State = StateOf(change, Status.Archived) },
        ChangeKinds.Restored => new Events.JourneyRestored { State = StateOf(change, Status.Draft) },
        ChangeKinds.SiteHalt => new SiteHaltRow { SiteId = change.SiteId, ChangeNo = change.Number, Halted = change.Paused, ChangedAt = change.ChangedAt }.ToMessage(),
        _ => await AudienceAsync(change, ct),
    };

    static Events.JourneyPublished? Published(ChangeRow change, VersionRow? version, JourneyRow? journey)
    {
        var status = change.Paused ? Status.Paused : Status.Published;
        if (change.Number == 0 && journey is not null)
            status = EnumText.Parse<Status>(journey.Status);
        return version is null ? null : new() { State = StateOf(change, status), Version = version.ToProto() };
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
        FrozenPauses = { FrozenPauses.ToProto(change.FrozenPauses) },
    };
}
