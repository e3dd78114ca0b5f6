namespace Journeys.Chaos.Plans;

/// <summary>What is done to the system, when and for how long: the same for the same seed and duration.</summary>
/// <param name="Lanes">Faults of one lane come one after the other, those of different lanes overlap.</param>
/// <param name="Alone">What comes after all others, each when nothing else is the matter: for its recovery is timed.</param>
public sealed record FaultPlan(IReadOnlyList<IReadOnlyList<PlannedFault>> Lanes, IReadOnlyList<PlannedFault> Alone)
{
    /// <summary>The programs, each with two replicas.</summary>
    public static IReadOnlyList<string> Programs { get; } = ["definition", "enrollment", "scheduler", "gateway"];

    /// <summary>The queues between the services.</summary>
    public static IReadOnlyList<string> Queues { get; } =
    [
        "enrollment.timers-elapsed", "enrollment.chunk-requested", "enrollment.journey-change", "scheduler.timers-requested", "scheduler.timers-cancelled",
        "scheduler.chunk-completed", "scheduler.journey-change", "scheduler.wake-ups-repaired",
    ];

    // Longer than any lease but that of a simulation of a population (30 seconds), which no seed starts; the next is that of
    // the outbox, 15 seconds.
    static readonly TimeSpan Frozen = TimeSpan.FromSeconds(20);

    // How long a program takes about to start again on a busy machine.
    static readonly TimeSpan Starting = TimeSpan.FromSeconds(5);

    // Ordered by need: what nothing else stands in for comes first, so that it is in a short plan too.
    static readonly (FaultKind Kind, string Target)[] Killings =
    [
        (FaultKind.Kill, "scheduler"), (FaultKind.Kill, "enrollment"), (FaultKind.KillBroker, ""), (FaultKind.KillDatabase, ""), (FaultKind.Kill, "gateway"),
        (FaultKind.Kill, "definition"), (FaultKind.KillAll, "scheduler"), (FaultKind.KillAll, "enrollment"), (FaultKind.KillAll, "gateway"),
        (FaultKind.KillAll, "definition"),
    ];

    static readonly (FaultKind Kind, string Target)[] Messages =
    [
        (FaultKind.DeliverAgain, "enrollment.timers-elapsed"), (FaultKind.Lose, "scheduler.timers-requested"), (FaultKind.Garbage, ""),
        (FaultKind.DeleteTimers, ""), (FaultKind.DeliverAgain, ""), (FaultKind.Lose, ""),
    ];

    // What does not answer, though its connections are there.
    static readonly (FaultKind Kind, string Target)[] Connections =
    [
        (FaultKind.Cut, "PostgreSQL"), (FaultKind.Cut, "RabbitMQ"), (FaultKind.Cut, "services"), (FaultKind.Stall, "PostgreSQL"),
        (FaultKind.Stall, "RabbitMQ"), (FaultKind.Stall, "services"), (FaultKind.FreezeBroker, ""), (FaultKind.FreezeDatabase, ""),
    ];

    /// <summary>All faults in the order of their moments.</summary>
    public IEnumerable<PlannedFault> Faults => Lanes.SelectMany(lane => lane).OrderBy(fault => fault.At);

    /// <summary>Makes the plan of a seed.</summary>
    public static FaultPlan Create(int seed, TimeSpan duration) => new(
        [
            Deal(new Random(seed), Killings, duration),
            Deal(new Random(seed + 1), [.. Programs.Select(program => (FaultKind.Freeze, program))], duration),
            Deal(new Random(seed + 2), Messages, duration),
            Deal(new Random(seed + 3), Connections, duration),
        ],
        [
            new(duration, FaultKind.Kill, "scheduler#0", TimeSpan.FromSeconds(1)), new(duration, FaultKind.KillAll, "scheduler", TimeSpan.Zero),
            new(duration, FaultKind.KillBroker, "", TimeSpan.FromSeconds(2)), new(duration, FaultKind.KillDatabase, "", TimeSpan.FromSeconds(2)),
        ]);

    // Shuffled, dealt to the end and shuffled again, as cards: so every kind comes before any comes again.
    static List<PlannedFault> Deal(Random random, (FaultKind Kind, string Target)[] cards, TimeSpan duration)
    {
        var (faults, deck) = (new List<PlannedFault>(), new Queue<(FaultKind, string)>());
        for (var at = Between(random, 2, 5); ; at += Between(random, 1, 3))
        {
            if (deck.Count == 0)
                deck = new(Shuffle(random, cards));
            var (kind, target) = deck.Dequeue();
            var lasts = Lasts(random, kind);
            if (at + lasts > duration)
                return faults;

            faults.Add(new PlannedFault(at, kind, Aim(random, kind, target), lasts));
            at += lasts + (kind is FaultKind.Kill or FaultKind.KillAll or FaultKind.KillBroker ? Starting : TimeSpan.Zero);
        }
    }

    static (FaultKind, string)[] Shuffle(Random random, (FaultKind, string)[] cards)
    {
        var shuffled = cards.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }

    static string Aim(Random random, FaultKind kind, string target) => kind switch
    {
        FaultKind.Kill or FaultKind.Freeze => $"{target}#{random.Next(2)}",
        FaultKind.DeliverAgain or FaultKind.Lose when target.Length == 0 => Queues[random.Next(Queues.Count)],
        _ => target,
    };

    static TimeSpan Lasts(Random random, FaultKind kind) => kind switch
    {
        FaultKind.Freeze or FaultKind.FreezeBroker or FaultKind.FreezeDatabase => Frozen,
        FaultKind.Kill or FaultKind.KillAll => Between(random, 0, 3),
        FaultKind.KillBroker or FaultKind.KillDatabase => Between(random, 0, 5),
        FaultKind.Stall => Between(random, 5, 20),
        FaultKind.DeliverAgain or FaultKind.Lose => Between(random, 3, 8),
        _ => TimeSpan.Zero,
    };

    static TimeSpan Between(Random random, double least, double most) =>
        TimeSpan.FromMilliseconds(Math.Round((least + (random.NextDouble() * (most - least))) * 1_000));
}
