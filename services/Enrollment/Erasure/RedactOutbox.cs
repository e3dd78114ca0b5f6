using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.BuildingBlocks.Outboxes;
using Npgsql;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Erasure;

/// <summary>Takes an erased person's ids out of messages that have not left yet, as when the broker is down.</summary>
public sealed class RedactOutbox(Outbox outbox)
{
    // Of at most 500 facts each. The outbox may be long, and is never in memory at once.
    const int Page = 50;

    static readonly MessageDescriptor[] NamingPeople =
    [
        Events.EnrollmentStarted.Descriptor, Events.EnrollmentCompleted.Descriptor, Events.EnrollmentStopped.Descriptor,
        Events.EnrollmentArchived.Descriptor, Events.ProfileMerged.Descriptor,
    ];

    static readonly string[] Types = [.. NamingPeople.Select(type => type.FullName)];

    static readonly TypeRegistry Registry = TypeRegistry.FromMessages(NamingPeople);

    /// <summary>Facts stay, without the names; that a visitor was joined to the user is told no more.</summary>
    public async Task HandleAsync(NpgsqlTransaction transaction, Guid siteId, IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        byte[][] needles = [.. ids.Select(Encoding.UTF8.GetBytes)];
        var after = Guid.Empty;
        for (var count = Page; count == Page;)
        {
            var page = await outbox.FindAsync(transaction, Types, needles, after, Page, ct);
            var redacted = new List<(Guid, IMessage)>();
            var dropped = new List<Guid>();
            foreach (var (outboxId, type, body) in page)
            {
                after = outboxId;
                var message = Registry.Find(type).Parser.ParseFrom(body);
                if (message is Events.ProfileMerged merged)
                {
                    if (merged.SiteId == siteId.ToString() && (ids.Contains(merged.UserId) || ids.Contains(merged.AnonymousId)))
                        dropped.Add(outboxId);
                }
                else if (TakeNamesOut(message, siteId, ids))
                {
                    redacted.Add((outboxId, message));
                }
            }

            await outbox.RewriteAsync(transaction, redacted, ct);
            await outbox.DropAsync(transaction, dropped, ct);
            count = page.Count;
        }
    }

    // False when it names nobody of these: a short id is also part of other ids.
    static bool TakeNamesOut(IMessage message, Guid siteId, IReadOnlyCollection<string> ids)
    {
        var (site, facts) = message switch
        {
            Events.EnrollmentStarted started => (started.SiteId, started.Enrollments),
            Events.EnrollmentCompleted completed => (completed.SiteId, completed.Enrollments),
            Events.EnrollmentStopped stopped => (stopped.SiteId, stopped.Enrollments),
            Events.EnrollmentArchived archived => (archived.SiteId, archived.Enrollments),
            _ => throw new InvalidOperationException($"{message.Descriptor.FullName} has no facts."),
        };
        if (site != siteId.ToString())
            return false;

        var naming = facts.Where(fact => ids.Contains(fact.UserId) || ids.Contains(fact.AnonymousId)).ToList();
        foreach (var fact in naming)
            (fact.UserId, fact.AnonymousId) = ("", "");
        return naming.Count > 0;
    }
}
