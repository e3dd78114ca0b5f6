using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;


namespace Journeys.Simulations;

/// <summary>A message in a queue. It stays there until a consumer has acknowledged it.</summary>
sealed record Parcel(Service Service, string Queue, OutgoingMessage Message, int Copy)
{
    /// <summary>Where it stands in traces.</summary>
    public override string ToString() => $"{Message.Type.Split('.')[^1]} {Message.Id}{(Copy > 0 ? $" copy {Copy}" : "")} of {Queue}";
}

/// <summary>Keeps messages until the seed has them delivered: in any order, at any time, more than once.</summary>
sealed class SimulatedBroker : IMessagePublisher
{
    static readonly string[] Unheard =
        [.. new[] { "EnrollmentStarted", "EnrollmentContinued", "EnrollmentCompleted", "EnrollmentStopped", "EnrollmentArchived", "ProfileMerged" }
            .Select(name => $"journeys.events.v1.{name}")];

    readonly List<(Service Service, QueueConsumer Queue)> queues = [];
    readonly Lock guard = new();
    readonly List<Parcel> parcels = [];
    readonly List<(Guid Id, string Line)> news = [];

    public TimeSpan Limit => TimeSpan.FromSeconds(5);

    /// <summary>Whether it takes messages.</summary>
    public bool IsDown { get; set; }

    /// <summary>What becomes of a message, by its id.</summary>
    public Func<OutgoingMessage, Publishing> Fate { get; set; } = _ => Publishing.Confirmed;

    /// <summary>What is in the queues, in the order of the ids, whatever the order of arrival was.</summary>
    public IReadOnlyList<Parcel> Parcels
    {
        get
        {
            lock (guard)
            {
                return
                [
                    .. parcels
                        .OrderBy(parcel => parcel.Message.Id)
                        .ThenBy(parcel => parcel.Queue, StringComparer.Ordinal)
                        .ThenBy(parcel => parcel.Copy),
                ];
            }
        }
    }

    public void Bind(Service service, QueueConsumer queue) => queues.Add((service, queue));

    public Task<bool> IsReachableAsync(CancellationToken ct) => Task.FromResult(!IsDown);

    // Nobody holds timers back here: whether they did would depend on what a replica remembers of the seeds before.
    public Task<long> CountUntakenAsync(string queue, CancellationToken ct) => Task.FromResult(0L);

    public Task PublishAsync(OutgoingMessage message, CancellationToken ct)
    {
        var fate = IsDown ? Publishing.NotTaken : Fate(message);
        lock (guard)
            news.Add((message.Id, $"{message.Type.Split('.')[^1]} {message.Id} {fate}"));
        if (fate == Publishing.NotTaken)
            throw new BrokerUnavailable("The simulated broker did not take it.");
        if (fate == Publishing.Swallowed)
            return Task.CompletedTask;

        var takers = queues.Where(queue => queue.Queue.Takes(message.Type)).ToList();
        if (takers.Count == 0 && !Unheard.Contains(message.Type))
            throw new Undeliverable($"Nobody consumes {message.Type}.");
        foreach (var (service, queue) in takers)
        {
            Add(service, queue.Name, message);
            if (fate == Publishing.Doubled)
                Add(service, queue.Name, message);
        }

        return fate == Publishing.Unconfirmed
            ? throw new BrokerUnavailable("The simulated broker did not confirm.")
            : Task.CompletedTask;
    }

    /// <summary>What was published since the last time, in the order of the ids.</summary>
    public IReadOnlyList<string> TakeNews()
    {
        lock (guard)
        {
            var lines = news.OrderBy(one => one.Id).ThenBy(one => one.Line, StringComparer.Ordinal).Select(one => one.Line).ToList();
            news.Clear();
            return lines;
        }
    }

    /// <summary>Takes a message off its queue.</summary>
    public void Acknowledge(Parcel parcel)
    {
        lock (guard)
            parcels.Remove(parcel);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        lock (guard)
        {
            parcels.Clear();
            news.Clear();
        }
    }

    void Add(Service service, string queue, OutgoingMessage message)
    {
        lock (guard)
            parcels.Add(new(service, queue, message, parcels.Count(parcel => parcel.Queue == queue && parcel.Message.Id == message.Id)));
    }
}

/// <summary>What becomes of a message that is published.</summary>
enum Publishing
{
    Confirmed,
    NotTaken,

    /// <summary>Taken, and whoever published it does not learn of that.</summary>
    Unconfirmed,

    /// <summary>Taken twice.</summary>
    Doubled,

    /// <summary>Confirmed and not taken: a defect, which no broker of ours has.</summary>
    Swallowed,
}
