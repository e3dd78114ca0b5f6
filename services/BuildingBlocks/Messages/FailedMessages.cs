using System.Security.Cryptography;
using System.Text;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Outboxes;
using Microsoft.Extensions.Logging;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>
/// Decides what becomes of messages that the consumers of this service could not handle: a retry after a rest, or a dead
/// letter.
/// </summary>
public sealed class FailedMessages(
    FailedMessageStore store, Outbox outbox, MessagingOptions options, Wake<RetryFailedMessages> wake, ILogger<FailedMessages> logger)
{
    const int LongestType = 256;
    const int LongestError = 2_000;

    /// <summary>
    /// Stores a message that just failed. If the message is stored already, updates only the time of its last failure.
    /// </summary>
    /// <param name="tries">Attempts that already count toward the limit.</param>
    public async Task KeepAsync(string queue, Letter letter, Failure failure, IEnumerable<Guid> sites, int tries, CancellationToken ct)
    {
        var message = new FailedMessage
        {
            FailedMessageId = IdOf(queue, letter.Id),
            Queue = queue,
            MessageId = letter.Id,
            MessageType = Storable(letter.Type, LongestType),
            Body = letter.Body,
            TraceParent = letter.TraceParent is { } trace ? Storable(trace, LongestType) : null,
            Cause = failure.Cause,
            ErrorType = Storable(failure.ErrorType, LongestType),
            Error = Storable(failure.Error, LongestError),
            Tries = tries,
            Failures = 1,
            SiteIds = [.. sites],
        };
        var dead = failure.Fault == Fault.Final;
        var isNew = await store.AddAsync(message, dead ? null : RestAfter(1), ct);
        wake.Set();
        if (isNew && dead)
            SayDead(queue, letter, failure.Cause, failure.Error);
        else if (isNew)
            logger.LogWarning("{Queue} stored {Type} {Id} for a retry: {Error}", queue, letter.Type, letter.Id, failure.Error);
    }

    /// <summary>Records a failed attempt: the message waits again, or becomes a dead letter.</summary>
    public async Task RecordFailureAsync(FailedMessage message, Failure failure, CancellationToken ct)
    {
        var dead = failure.Fault == Fault.Final || (failure.Fault == Fault.Unknown && message.Tries >= options.MostTries);
        var failed = message with
        {
            Cause = failure.Cause,
            ErrorType = Storable(failure.ErrorType, LongestType),
            Error = Storable(failure.Error, LongestError),
            Tries = failure.Fault is Fault.Passing or Fault.Mendable ? message.Tries - 1 : message.Tries,
        };
        await store.UpdateAsync(failed, dead ? null : RestAfter(message.Failures + 1), ct);
        if (dead)
            SayDead(message.Queue, message.Letter, failure.Cause, failure.Error);
    }

    /// <summary>
    /// Returns dead letters to the queues where they failed. They are retried at once, with their counters reset.
    /// </summary>
    /// <param name="siteId">Only dead letters that name this site; null for all.</param>
    /// <param name="id">Only this dead letter; null for all.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <returns>The number of messages; 0 when they were resent before.</returns>
    public async Task<int> ResendAsync(Guid? siteId, Guid? id, CancellationToken ct)
    {
        var resent = await store.ReviveAsync(siteId, id, ct);
        wake.Set();
        if (resent > 0)
            logger.LogInformation("{Count} dead letters of {Schema} were sent back", resent, outbox.Schema);
        return resent;
    }

    TimeSpan RestAfter(int failures) => BackOff.After(
        failures, TimeSpan.FromSeconds(options.FirstRetrySeconds), TimeSpan.FromSeconds(options.LongestRetrySeconds));

    void SayDead(string queue, Letter letter, string cause, string error) => logger.LogError(
        "{Type} {Id} is a dead letter of {Queue} ({Cause}): {Error}. It can be sent back", letter.Type, letter.Id, queue, cause, error);

    static Guid IdOf(string queue, Guid messageId) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{queue}/{messageId}")).AsSpan(0, 16));

    // PostgreSQL stores neither NUL nor half of a surrogate pair; a message that cannot be stored would block its
    // queue.
    static string Storable(string text, int most)
    {
        var cut = text.Length > most ? text[..most] : text;
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(cut)).Replace('\0', '\uFFFD');
    }
}
