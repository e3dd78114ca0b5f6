using System.Text;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Npgsql;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Erasure;

/// <summary>Takes an erased person's ids out of messages that have not left yet, as when the broker is down.</summary>
public sealed class RedactOutbox(Outbox outbox)
{
    /// <summary>Facts stay, without the names; that a visitor was joined to the user is told no more.</summary>
    public async Task HandleAsync(NpgsqlTransaction transaction, Guid siteId, IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        var rows = await outbox.FindAsync(transaction, [.. ids.Select(Encoding.UTF8.GetBytes)], ct);
        foreach (var (outboxId, type, body) in rows)
        {
            if (type == Events.EnrollmentStarted.Descriptor.FullName)
                await RewriteAsync(Events.EnrollmentStarted.Parser.ParseFrom(body), message => message.SiteId, message => message.Enrollments, outboxId);
            else if (type == Events.EnrollmentCompleted.Descriptor.FullName)
                await RewriteAsync(Events.EnrollmentCompleted.Parser.ParseFrom(body), message => message.SiteId, message => message.Enrollments, outboxId);
            else if (type == Events.EnrollmentStopped.Descriptor.FullName)
                await RewriteAsync(Events.EnrollmentStopped.Parser.ParseFrom(body), message => message.SiteId, message => message.Enrollments, outboxId);
            else if (type == Events.EnrollmentArchived.Descriptor.FullName)
                await RewriteAsync(Events.EnrollmentArchived.Parser.ParseFrom(body), message => message.SiteId, message => message.Enrollments, outboxId);
            else if (type == Events.ProfileMerged.Descriptor.FullName)
                await DropAsync(Events.ProfileMerged.Parser.ParseFrom(body), outboxId);
        }

        async Task RewriteAsync<T>(T message, Func<T, string> siteOf, Func<T, IEnumerable<Events.EnrollmentFact>> factsOf, Guid outboxId)
            where T : IMessage<T>
        {
            if (siteOf(message) != siteId.ToString())
                return;
            foreach (var fact in factsOf(message).Where(fact => ids.Contains(fact.UserId) || ids.Contains(fact.AnonymousId)))
                (fact.UserId, fact.AnonymousId) = ("", "");
            await outbox.RewriteAsync(transaction, outboxId, message, ct);
        }

        async Task DropAsync(Events.ProfileMerged message, Guid outboxId)
        {
            if (message.SiteId == siteId.ToString() && (ids.Contains(message.UserId) || ids.Contains(message.AnonymousId)))
                await outbox.DropAsync(transaction, outboxId, ct);
        }
    }
}
