using System.Diagnostics;
using Journeys.BuildingBlocks.Failures;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>
/// Retries stored messages, each in the queue where it failed. Any number of replicas share the work.
/// </summary>
public sealed class RetryFailedMessages(
    FailedMessageStore store, FailedMessages failed, QueueConsumers queues, MessagingOptions options, ILogger<RetryFailedMessages> logger) : IChore
{
    const int MostAtOnce = 20;

    // Few, because each can take long, and other messages need the places of its queue.
    const int MostPutOff = 2;

    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(10);
    static readonly TimeSpan NoteLimit = TimeSpan.FromSeconds(10);
    static readonly TimeSpan FirstNoteRest = TimeSpan.FromMilliseconds(100);

    // The sites whose put-off messages were retried last, the most recent at the end.
    const int MostTurns = 100;
    readonly List<Guid> hadTurns = [];

    /// <summary>
    /// Retries the messages that are due, and those that become due before the last attempt has ended, so that a slow
    /// attempt delays no other message.
    /// </summary>
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        // Not a dictionary by task, because attempts that end at once can share one task.
        var tries = new List<(FailedMessage Message, Task Ending)>();
        try
        {
            await TakeAsync(tries, ct);
            while (tries.Count > 0)
            {
                await Task.WhenAny([.. tries.Select(one => one.Ending), Task.Delay(Look, ct)]);
                foreach (var ended in tries.FindAll(one => one.Ending.IsCompleted))
                {
                    tries.Remove(ended);
                    await ended.Ending;
                }

                if (tries.Count > 0)
                    await TakeMoreAsync(tries, ct);
            }
        }
        finally
        {
            await Task.WhenAll(tries.Select(one => one.Ending));
        }

        var next = await store.NextDueInAsync(ct) ?? LongestRest;
        return next < LongestRest ? next : LongestRest;
    }

    // The attempts in progress continue when the query fails; the next query finds what this one missed.
    async Task TakeMoreAsync(List<(FailedMessage Message, Task Ending)> tries, CancellationToken ct)
    {
        try
        {
            await TakeAsync(tries, ct);
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            logger.LogWarning(exception, "Could not query due messages; next attempt in {Look}", Look);
        }
    }

    async Task TakeAsync(List<(FailedMessage Message, Task Ending)> tries, CancellationToken ct)
    {
        var putOff = tries.Count(one => one.Message.IsPutOff);
        var due = await store.ClaimDueAsync(MostAtOnce - (tries.Count - putOff), MostPutOff - putOff, [.. hadTurns], ct);
        if (due.Count > 0)
            Crash.At(CrashPoint.RetryTaken);
        foreach (var message in due)
        {
            if (message.IsPutOff)
                NoteTurn(message.SiteIds);
            tries.Add((message, TryAsync(message, ct)));
        }
    }

    void NoteTurn(Guid[] siteIds)
    {
        hadTurns.RemoveAll(siteIds.Contains);
        hadTurns.AddRange(siteIds);
        hadTurns.RemoveRange(0, Math.Max(0, hadTurns.Count - MostTurns));
    }

    async Task TryAsync(FailedMessage message, CancellationToken ct)
    {
        using var activity = Telemetry.Activities.StartActivity($"{message.Queue} retry", ActivityKind.Consumer, message.TraceParent);
        try
        {
            var failure = await HoldingAsync(message, JudgeAsync(message, ct), ct);
            Crash.At(CrashPoint.RetryTried);
            await NoteAsync(
                limit => failure is null ? store.DeleteAsync(message, limit) : failed.RecordFailureAsync(message, failure, limit), ct);
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            // Any exception can mean that the attempt was cancelled, because a call of another service throws its own
            // type.
            await NoteAsync(limit => store.ReleaseAsync(message, limit), ct);
        }
    }

    // Renews the lease as long as the consumer works, so that no other replica tries the message. After a crash the
    // lease ends and another replica does.
    async Task<Failure?> HoldingAsync(FailedMessage message, Task<Failure?> judging, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested && await Task.WhenAny(judging, Task.Delay(FailedMessageStore.RenewEvery, ct)) != judging)
        {
            using var limit = new CancellationTokenSource(NoteLimit);
            try
            {
                await store.RenewAsync(message, limit.Token);
            }
            catch (Exception exception)
            {
                logger.LogWarning(
                    exception, "{Queue} still handles {Type} {Id} but could not renew its lease, so another replica may try it too",
                    message.Queue, message.MessageType, message.MessageId);
            }
        }

        return await judging;
    }

    // Repeats until the database answers, but only once while the service stops: an attempt without a recorded result
    // counts as one that ended the service.
    async Task NoteAsync(Func<CancellationToken, Task> note, CancellationToken ct)
    {
        for (var failures = 1; ; failures++)
        {
            using var limit = new CancellationTokenSource(NoteLimit);
            try
            {
                await note(limit.Token);
                return;
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                logger.LogWarning(exception, "Could not record the result of a retry yet");
                await Simulated.RestAsync(BackOff.After(failures, FirstNoteRest, LongestRest), ct);
            }
        }
    }

    async Task<Failure?> JudgeAsync(FailedMessage message, CancellationToken ct)
    {
        if (queues.Find(message.Queue) is not { } queue)
            return new(FailureCauses.UnknownType, Fault.Final, "UnknownQueue", $"This release has no queue {message.Queue}.");
        // Attempts are counted when the message is claimed, so only attempts that never ended lead here.
        if (message.Tries > options.MostTries)
            return new(FailureCauses.Crashed, Fault.Final, "Crashed", $"The service ended while it handled this message, {message.Tries - 1} tries in all.");

        return await queue.TryAsync(message.Letter, ct);
    }
}

/// <summary>
/// Resends all dead letters at start if the operator asks for it, after a deployment that can handle them.
/// </summary>
sealed class ResendAtStart(FailedMessages failed, MessagingOptions options, ILogger<ResendAtStart> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.ResendDeadLettersAtStart)
            return;

        var resent = await failed.ResendAsync(siteId: null, id: null, cancellationToken);
        logger.LogWarning("Messaging:ResendDeadLettersAtStart is set: {Count} dead letters are retried. Remove the setting after this start", resent);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
