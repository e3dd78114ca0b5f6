using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Enrollments.Profiles;
using Npgsql;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Erasure;

/// <summary>Removes erased persons' ids from unpublished messages, which accumulate while the broker is down.</summary>
/// <remarks>
/// The outbox may be long, so the call of an erasure redacts only its beginning. The rest is left to the erasure's job,
/// which needs the broker, and to <see cref="FinishRedactions"/>, which does not. Messages that are added later do not
/// name the person, because the transactions that could add one need locks on rows of the person.
/// </remarks>
public sealed class RedactOutbox(Outbox outbox)
{
    // The maximum per transaction, of a call or of a chunk.
    const int Windows = 10;

    // Small, because all found messages are in memory at once, and each may have 500 facts.
    static readonly (int Looked, int Found) Window = (500, 50);

    // The maximum number of redactions of one site that are at the same position and processed together.
    const int MostTogether = 100;

    static readonly MessageDescriptor[] NamingPeople =
    [
        Events.EnrollmentStarted.Descriptor, Events.EnrollmentContinued.Descriptor, Events.EnrollmentCompleted.Descriptor,
        Events.EnrollmentStopped.Descriptor, Events.EnrollmentArchived.Descriptor, Events.ProfileMerged.Descriptor,
    ];

    static readonly string[] Types = [.. NamingPeople.Select(type => type.FullName)];

    static readonly TypeRegistry Registry = TypeRegistry.FromMessages(NamingPeople);

    /// <summary>
    /// Redacts the beginning of the outbox, and records what is left. The caller has locked all rows that name the
    /// person.
    /// </summary>
    public async Task BeginAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, byte[][] idHashes, CancellationToken ct)
    {
        if (await outbox.FindNewestAsync(transaction, ct) is not { } until)
            return;

        var redaction = new RedactionRow { SiteId = siteId, ProfileId = profileId, IdHashes = idHashes, Until = until };
        var reached = await LookAsync(transaction, redaction, ct);
        if (reached != until)
            await RedactionStore.AddAsync(transaction, redaction with { Reached = reached }, ct);
    }

    /// <summary>Redacts the next part for one person. Returns true when nothing is left.</summary>
    public async Task<bool> ContinueAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        if (await RedactionStore.LockAsync(transaction, siteId, profileId, ct) is not { } redaction)
            return true;

        var reached = await LookAsync(transaction, redaction, ct);
        await RedactionStore.SaveAsync(transaction, siteId, [profileId], reached, ct);
        return reached == redaction.Until;
    }

    /// <summary>
    /// Redacts one window for the oldest redaction of a site, and for others at the same position. Returns false if
    /// there is none that is unlocked.
    /// </summary>
    public async Task<bool> ContinueOldestAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        if (await RedactionStore.LockOldestAsync(transaction, siteId, ct) is not { } oldest)
            return false;

        var (reached, found) = await LockNextAsync(transaction, oldest, ct);
        // The oldest is usually among these, but not if nothing is left for it.
        var others = await RedactionStore.LockBetweenAsync(transaction, siteId, oldest.Reached, reached, MostTogether, ct);
        RedactionRow[] all = [oldest, .. others.Where(other => other.ProfileId != oldest.ProfileId)];
        await RedactAsync(transaction, siteId, [.. all.SelectMany(one => one.IdHashes)], found, ct);
        await RedactionStore.SaveAsync(transaction, siteId, [.. all.Select(one => one.ProfileId)], reached, ct);
        return true;
    }

    async Task<Guid> LookAsync(NpgsqlTransaction transaction, RedactionRow redaction, CancellationToken ct)
    {
        for (var windows = 0; windows < Windows && redaction.Reached != redaction.Until; windows++)
        {
            var (reached, found) = await LockNextAsync(transaction, redaction, ct);
            await RedactAsync(transaction, redaction.SiteId, redaction.IdHashes, found, ct);
            redaction = redaction with { Reached = reached };
        }

        return redaction.Reached;
    }

    Task<(Guid Reached, IReadOnlyList<(Guid OutboxId, string Type, byte[] Body)> Found)> LockNextAsync(
        NpgsqlTransaction transaction, RedactionRow redaction, CancellationToken ct) =>
        outbox.LockNextAsync(
            transaction, Types, Encoding.UTF8.GetBytes(redaction.SiteId.ToString()), redaction.Reached, redaction.Until, Window, ct);

    // Keeps facts without the ids, and drops messages that a visitor was joined to the user.
    async Task RedactAsync(
        NpgsqlTransaction transaction, Guid siteId, IReadOnlyCollection<byte[]> idHashes, IEnumerable<(Guid OutboxId, string Type, byte[] Body)> found,
        CancellationToken ct)
    {
        var erased = idHashes.Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);
        var redacted = new List<(Guid, IMessage)>();
        var dropped = new List<Guid>();
        foreach (var (outboxId, type, body) in found)
        {
            var message = Registry.Find(type).Parser.ParseFrom(body);
            if (message is Events.ProfileMerged merged)
            {
                if (merged.SiteId == siteId.ToString() && Names(erased, merged.UserId, merged.AnonymousId))
                    dropped.Add(outboxId);
            }
            else if (TakeNamesOut(message, siteId, erased))
            {
                redacted.Add((outboxId, message));
            }
        }

        await outbox.RewriteAsync(transaction, redacted, ct);
        await outbox.DropAsync(transaction, dropped, ct);
    }

    // Returns false if the message names none of these persons.
    static bool TakeNamesOut(IMessage message, Guid siteId, HashSet<string> erased)
    {
        var (site, facts) = message switch
        {
            Events.EnrollmentStarted started => (started.SiteId, started.Enrollments),
            Events.EnrollmentContinued continued => (continued.SiteId, continued.Enrollments),
            Events.EnrollmentCompleted completed => (completed.SiteId, completed.Enrollments),
            Events.EnrollmentStopped stopped => (stopped.SiteId, stopped.Enrollments),
            Events.EnrollmentArchived archived => (archived.SiteId, archived.Enrollments),
            _ => throw new InvalidOperationException($"{message.Descriptor.FullName} has no facts."),
        };
        if (site != siteId.ToString())
            return false;

        var naming = facts.Where(fact => Names(erased, fact.UserId, fact.AnonymousId)).ToList();
        foreach (var fact in naming)
            (fact.UserId, fact.AnonymousId) = ("", "");
        return naming.Count > 0;
    }

    static bool Names(HashSet<string> erased, string userId, string anonymousId) =>
        (userId.Length > 0 && erased.Contains(Convert.ToHexString(ErasedPersonStore.HashOfUser(userId))))
        || (anonymousId.Length > 0 && erased.Contains(Convert.ToHexString(ErasedPersonStore.HashOfVisitor(anonymousId))));
}
