using System.Text;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Messages;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>
/// Moves messages from `&lt;queue&gt;_error`, and from `&lt;queue&gt;_skipped`, which only older releases used, into
/// the database.
/// </summary>
/// <remarks>
/// Messages are fetched one by one, and only while the database answers. A permanent consumer would hold some of them
/// during an outage, and RabbitMQ 4 drops a message of such a queue after 20 deliveries. The policy in
/// deploy/rabbitmq/definitions.json removes that limit, also from queues that exist, whose arguments cannot change.
/// </remarks>
sealed class DrainErrorQueues(
    ConnectionFactory factory, QueueConsumers queues, FailedMessages failed, DatabaseGate gate, MessagingOptions options,
    ILogger<DrainErrorQueues> logger) : IChore, IAsyncDisposable
{
    static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);
    static readonly TimeSpan FirstRest = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(10);
    static readonly TimeSpan LongestAway = TimeSpan.FromMinutes(1);

    IConnection? connection;
    int failures;

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        try
        {
            if (connection is not { IsOpen: true })
                await ConnectAsync(ct);
            Exception? unread = null;
            foreach (var name in queues.All.SelectMany(queue => new[] { (queue, "_error"), (queue, "_skipped") }))
                unread = await TryDrainAsync(name, ct) ?? unread;
            if (unread is not null)
                throw unread;

            failures = 0;
            return Rest;
        }
        catch (Exception exception) when (IsOfBroker(exception))
        {
            // A message that was fetched just before counts as delivered once more.
            logger.LogDebug(exception, "The error queues cannot be read now");
            return BackOff.After(++failures, Rest, LongestAway);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
            await connection.DisposeAsync();
    }

    static bool IsOfBroker(Exception exception) => exception is RabbitMQClientException or IOException or TimeoutException;

    // One queue that cannot be read, such as a quorum queue without a majority, delays no other.
    async Task<Exception?> TryDrainAsync((QueueConsumer Queue, string Suffix) name, CancellationToken ct)
    {
        try
        {
            await DrainAsync(name.Queue, name.Suffix, ct);
            return null;
        }
        catch (Exception exception) when (IsOfBroker(exception) && connection is { IsOpen: true })
        {
            return exception;
        }
    }

    async Task ConnectAsync(CancellationToken ct)
    {
        if (connection is not null)
            await connection.DisposeAsync();
        connection = null;
        connection = await factory.CreateConnectionAsync(ct);
    }

    async Task DrainAsync(QueueConsumer queue, string suffix, CancellationToken ct)
    {
        var name = $"{queue.Name}{suffix}";
        await using var channel = await connection!.CreateChannelAsync(cancellationToken: ct);
        try
        {
            if ((await channel.QueueDeclarePassiveAsync(name, ct)).MessageCount == 0)
                return;

            while (await gate.CheckAsync() && await channel.BasicGetAsync(name, autoAck: false, ct) is { } got)
            {
                await KeepAsync(name, () => KeepAsync(queue, got, ct), ct);
                // After a crash here the message is delivered again, and stored in the same row.
                Crash.At(CrashPoint.ErrorQueueKept);
                await channel.BasicAckAsync(got.DeliveryTag, multiple: false, ct);
            }
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            // There is no such queue: nothing ever failed that way.
        }
    }

    // Retries instead of returning the message, because without the policy a return counts as one of 20 deliveries.
    async Task KeepAsync(string name, Func<Task> keep, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await keep();
                return;
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                logger.LogError(exception, "A message of {Queue} could not be stored, trying again", name);
                await Task.Delay(BackOff.After(tries, FirstRest, LongestRest), ct);
            }
        }
    }

    Task KeepAsync(QueueConsumer queue, BasicGetResult got, CancellationToken ct)
    {
        var headers = got.BasicProperties.Headers ?? new Dictionary<string, object?>();
        var isLimit = Text(headers, "x-first-death-reason") == "delivery_limit";
        var type = Text(headers, Letter.TypeHeader) ?? (isLimit ? Text(headers, "x-first-death-exchange") : null) ?? got.Exchange;
        var body = got.Body.ToArray();
        var letter = new Letter(Letter.IdOf(got.BasicProperties.MessageId, type, body), type, body, Text(headers, Letter.TraceHeader));
        var sites = Letter.SitesOf(queue.Read(type, body));

        // The services may only have restarted often while they held the message. One more attempt shows that; if the
        // attempt never ends, the message is a dead letter.
        if (isLimit)
            return failed.KeepAsync(
                queue.Name, letter, new(FailureCauses.Crashed, Fault.Unknown, "DeliveryLimit", "It was delivered to the limit, and no delivery was answered."),
                sites, options.MostTries - 1, ct);

        var fault = options.ResendDeadLettersAtStart ? Fault.Unknown : Fault.Final;
        return failed.KeepAsync(
            queue.Name, letter,
            new(FailureCauses.Failed, fault, Text(headers, "MT-Fault-ExceptionType") ?? "Unknown", Text(headers, "MT-Fault-Message") ?? "An older release set it aside."),
            sites, tries: 0, ct);
    }

    static string? Text(IDictionary<string, object?> headers, string name) => headers.TryGetValue(name, out var value)
        ? value switch
        {
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            string text => text,
            _ => null,
        }
        : null;
}
