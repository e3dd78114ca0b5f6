using Google.Protobuf;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using MassTransit;
using MassTransit.Mediator;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Fault = Journeys.BuildingBlocks.Failures.Fault;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>Why a message could not be handled.</summary>
/// <param name="Cause">One of <see cref="FailureCauses"/>.</param>
/// <param name="Fault">Whether a retry can help.</param>
/// <param name="ErrorType">The type of the failure.</param>
/// <param name="Error">The error message.</param>
/// <param name="IsPutOff">Whether the retry should come after other messages instead of at once.</param>
public sealed record Failure(string Cause, Fault Fault, string ErrorType, string Error, bool IsPutOff = false);

/// <summary>Passes the messages of one queue to their consumer, on any transport, and handles failures.</summary>
/// <remarks>
/// A message is finished once it was handled or is stored in <see cref="FailedMessages"/>, from where it is retried or
/// can be resent, so the messages behind it continue. While the database is unavailable neither is possible, so
/// messages wait in the transport.
/// </remarks>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing to dispose of, and the queue lives as long as the process.
public sealed class QueueConsumer(
    QueueName name, FailedMessages failed, DatabaseGate gate, MessagingOptions options, IServiceProvider provider, ILogger logger)
#pragma warning restore CA1001
{
    static readonly TimeSpan[] RestsInPlace =
        [TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500)];

    static readonly TimeSpan FirstRest = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(10);

    readonly SemaphoreSlim places = new(options.Concurrency);
    readonly CancellationToken stopping = provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    // Makes the context that consumers need, and runs MassTransit's tracing.
    readonly Lazy<IMediator> mediator = new(() => Bus.Factory.CreateMediator(
        receiver => receiver.Instance(ActivatorUtilities.CreateInstance(provider, name.Consumer))));

    /// <summary>The queue's name.</summary>
    public string Name => name.Name;

    /// <summary>Whether messages can be handled or stored now.</summary>
    public bool IsOpen => gate.IsOpen;

    /// <summary>Whether the consumer knows messages of this type.</summary>
    public bool Takes(string type) => name.Types.ContainsKey(type);

    /// <summary>Parses a message; null if the consumer does not know its type or the body is invalid.</summary>
    public IMessage? Read(string type, byte[] body)
    {
        try
        {
            return name.Types.TryGetValue(type, out var found) ? ProtobufTypes.Find(found)!.Parser.ParseFrom(body) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Returns once the message was handled or stored. Only then may the transport forget it.</summary>
    /// <exception cref="OperationCanceledException">
    /// The service stops, or <paramref name="ct"/> was cancelled: the message must be delivered again.
    /// </exception>
    public async Task HandleAsync(Letter letter, CancellationToken ct)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct, stopping);
        for (var failures = 1; ; failures++)
        {
            await gate.WaitAsync(waiting.Token);
            if (await TryAsync(letter, ct) is not { } failure)
            {
                Crash.At(CrashPoint.MessageHandled);
                return;
            }

            if (failure.Fault == Fault.Passing && !await gate.CheckAsync())
                continue;

            var mayRest = failure is { Fault: not Fault.Final, IsPutOff: false } && failures <= RestsInPlace.Length;
            if (mayRest)
                await Simulated.RestAsync(RestsInPlace[failures - 1], waiting.Token);
            else if (await KeepAsync(letter, failure, ct))
            {
                Crash.At(CrashPoint.MessageKept);
                return;
            }
            else
            {
                await Simulated.RestAsync(BackOff.After(failures, FirstRest, LongestRest), waiting.Token);
            }
        }
    }

    /// <summary>Tries once to handle a message.</summary>
    /// <returns>Null if the message was handled.</returns>
    public async Task<Failure?> TryAsync(Letter letter, CancellationToken ct)
    {
        if (!name.Types.TryGetValue(letter.Type, out var type))
            return new(FailureCauses.UnknownType, Fault.Final, "UnknownType", $"The consumer of {Name} does not know messages of type {letter.Type}.");

        await places.WaitAsync(ct);
        try
        {
            // The gate closed while this message waited for its place.
            if (!gate.IsOpen)
                return new(FailureCauses.Passing, Fault.Passing, "DatabaseAway", "The database does not answer.");

            // Each consumer gets its own copy, as it would from a real broker.
            var message = ProtobufTypes.Find(type)!.Parser.ParseFrom(letter.Body);
            await mediator.Value.Publish(message, type, Pipe.Execute<PublishContext>(context => context.MessageId = letter.Id), ct);
            return null;
        }
        catch (InvalidProtocolBufferException exception)
        {
            return new(FailureCauses.Unreadable, Fault.Final, exception.GetType().FullName!, exception.Message);
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            return Describe(letter, exception);
        }
        finally
        {
            places.Release();
        }
    }

    Failure Describe(Letter letter, Exception exception)
    {
        var fault = Faults.Of(exception);
        logger.LogWarning(exception, "{Queue} failed on {Type} {Id}: {Fault}", Name, letter.Type, letter.Id, fault);
        var cause = fault switch
        {
            Fault.Passing or Fault.Mendable => FailureCauses.Passing,
            Fault.Final => FailureCauses.Refused,
            _ => FailureCauses.Failed,
        };
        var error = exception.InnerException is { } inner ? $"{exception.Message} ({inner.Message})" : exception.Message;
        // Also true when other parts failed for another reason: the stored type marks the message as put off for its
        // next attempt.
        var isPutOff = Faults.IsPutOff(exception);
        return new(cause, fault, (isPutOff ? typeof(PutOff) : exception.GetType()).FullName!, error, isPutOff);
    }

    async Task<bool> KeepAsync(Letter letter, Failure failure, CancellationToken ct)
    {
        try
        {
            await failed.KeepAsync(Name, letter, failure, Letter.SitesOf(Read(letter.Type, letter.Body)), tries: 0, ct);
            return true;
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            // The transport still holds the message, so nothing is lost; the loop tries again to handle it.
            logger.LogError(exception, "{Queue} could not store the failed {Type} {Id}, trying again", Name, letter.Type, letter.Id);
            return false;
        }
    }
}

/// <summary>A queue as the code defines it.</summary>
/// <param name="Name">Such as `enrollment.timers-elapsed`.</param>
/// <param name="Consumer">The class that implements `IConsumer&lt;T&gt;`.</param>
/// <param name="Types">The types of its messages, by full protobuf name.</param>
public sealed record QueueName(string Name, Type Consumer, IReadOnlyDictionary<string, Type> Types);

/// <summary>All queues of a service.</summary>
public sealed class QueueConsumers(IEnumerable<QueueConsumer> queues)
{
    readonly Dictionary<string, QueueConsumer> byName = queues.ToDictionary(queue => queue.Name);

    /// <summary>All queues.</summary>
    public IReadOnlyCollection<QueueConsumer> All => byName.Values;

    /// <summary>Returns the queue with this name; null if this release has none.</summary>
    public QueueConsumer? Find(string name) => byName.GetValueOrDefault(name);
}
