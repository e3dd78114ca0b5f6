using System.Collections.Concurrent;
using Journeys.Chaos.Deployments;
using Journeys.Chaos.Plans;
using Journeys.Chaos.Recovery;
using Journeys.Testing;

namespace Journeys.Chaos.Faults;

/// <summary>Does to a deployment what a plan says.</summary>
sealed class FaultMaker(Deployment deployment, Probe probe, RecoveryTimes recovery, int seed, Action<string> say) : IDisposable
{
    const int MostTries = 120;

    // What was on its way when the Scheduler was killed moves people for some milliseconds more.
    static readonly TimeSpan UnderWay = TimeSpan.FromMilliseconds(500);

    readonly Thief thief = new(new Uri(deployment.Broker.Address));
    readonly List<Task> background = [];
    readonly List<string> ended = [];
    readonly ConcurrentDictionary<FaultKind, int> done = new();

    // What is frozen is not killed meanwhile, and the other way round, or the freeze would be shorter than a lease.
    readonly SemaphoreSlim broker = new(1, 1);
    readonly SemaphoreSlim database = new(1, 1);

    /// <summary>How many faults were done, by kind.</summary>
    public IReadOnlyDictionary<FaultKind, int> Done => done;

    /// <summary>Programs that ended without being killed.</summary>
    public IReadOnlyList<string> Ended => ended;

    /// <summary>Does all of the plan but what comes alone, and returns when all of it is mended.</summary>
    public async Task RunAsync(FaultPlan plan)
    {
        var began = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(plan.Lanes.Select(async lane =>
        {
            foreach (var fault in lane)
            {
                var rest = fault.At - TimeProvider.System.GetElapsedTime(began);
                if (rest > TimeSpan.Zero)
                    await Task.Delay(rest);
                await DoAsync(fault, "amid other faults");
            }
        }));
        await FinishAsync();
    }

    /// <summary>Does one after the other, and waits each time until the system works again.</summary>
    public async Task RunAloneAsync(FaultPlan plan)
    {
        foreach (var fault in plan.Alone)
        {
            await DoAsync(fault, "alone");
            await FinishAsync();
        }
    }

    public void Dispose()
    {
        broker.Dispose();
        database.Dispose();
    }

    async Task FinishAsync()
    {
        Task[] tasks;
        lock (background)
            tasks = [.. background];
        await Task.WhenAll(tasks);
    }

    async Task DoAsync(PlannedFault fault, string among)
    {
        say($"{fault.Kind} {fault.Target} for {fault.Lasts.TotalSeconds:0.0} s");
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await KillAsync([fault.Target], fault.Lasts, $"one Scheduler of two killed -> next timer moves somebody, {among}");
                break;
            case FaultKind.KillAll:
                await KillAsync([.. Enumerable.Range(0, Deployment.Replicas).Select(number => $"{fault.Target}#{number}")], fault.Lasts,
                    $"all Schedulers killed and started -> next timer, {among}");
                break;
            case FaultKind.Freeze:
                deployment[fault.Target].Freeze();
                await Task.Delay(fault.Lasts);
                deployment[fault.Target].Thaw();
                break;
            case FaultKind.KillBroker:
                await OneAtATimeAsync(broker, async () =>
                {
                    await deployment.Broker.KillAsync();
                    await Task.Delay(fault.Lasts);
                    await UntilDoneAsync(deployment.Broker.StartAgainAsync);
                });
                Measure($"RabbitMQ back -> a timer moves somebody, {among}", 10, MovedSince(DateTimeOffset.UtcNow));
                break;
            case FaultKind.KillDatabase:
                await OneAtATimeAsync(database, async () =>
                {
                    await deployment.Postgres.KillAsync();
                    await Task.Delay(fault.Lasts);
                    await UntilDoneAsync(() => deployment.Postgres.StartAgainAsync());
                });
                // None of these connections leads anywhere now.
                deployment.Database.Clear();
                Measure($"PostgreSQL ready -> a call is served, {among}", 5, probe.ServesAsync);
                break;
            case FaultKind.FreezeBroker:
                await OneAtATimeAsync(broker, async () =>
                {
                    await deployment.Broker.FreezeAsync();
                    await Task.Delay(fault.Lasts);
                    await deployment.Broker.ThawAsync();
                });
                break;
            case FaultKind.FreezeDatabase:
                await OneAtATimeAsync(database, async () =>
                {
                    deployment.Postgres.Freeze();
                    await Task.Delay(fault.Lasts);
                    deployment.Postgres.Thaw();
                });
                break;
            case FaultKind.Cut:
                foreach (var relay in RelaysTo(fault.Target))
                    relay.Cut();
                break;
            case FaultKind.Stall:
                foreach (var relay in RelaysTo(fault.Target))
                    relay.Stall();
                await Task.Delay(fault.Lasts);
                foreach (var relay in RelaysTo(fault.Target))
                    relay.GoOn();
                break;
            case FaultKind.DeliverAgain:
                await DeliverAgainAsync(fault);
                break;
            case FaultKind.Lose:
                await LoseAsync(fault);
                break;
            case FaultKind.Garbage:
                foreach (var (queue, messages) in Garbage.For(new Random(seed)))
                    await UntilDoneAsync(() => thief.PutAsync(queue, messages, TimeSpan.Zero));
                break;
            case FaultKind.DeleteTimers:
                await UntilDoneAsync(DeleteTimersAsync);
                break;
        }

        done.AddOrUpdate(fault.Kind, 1, (_, times) => times + 1);
    }

    async Task KillAsync(string[] replicas, TimeSpan downtime, string measured)
    {
        foreach (var replica in replicas.Where(replica => deployment[replica].HasExited))
            ended.Add(replica);
        await Task.WhenAll(replicas.Select(replica => deployment[replica].KillAsync()));
        if (replicas[0].StartsWith("scheduler", StringComparison.Ordinal))
            Measure(measured, 15, MovedSince(DateTimeOffset.UtcNow + UnderWay));
        await Task.Delay(downtime);
        // As whatever runs containers starts them again: a program ends when its database is away for long at its start.
        await Task.WhenAll(replicas.Select(replica => UntilDoneAsync(deployment[replica].StartAsync)));
    }

    // Twice, and in another order.
    async Task DeliverAgainAsync(PlannedFault fault)
    {
        var taken = await TakeAsync(fault);
        say($"{taken.Count} messages of {fault.Target} are delivered twice, late and out of order");
        Thief.Loot[] again = [.. taken, .. taken];
        new Random(seed).Shuffle(again);
        if (again.Length > 0)
            await UntilDoneAsync(() => thief.PutAsync(fault.Target, again, fault.Lasts));
    }

    async Task LoseAsync(PlannedFault fault)
    {
        var taken = await TakeAsync(fault);
        var purged = 0u;
        await UntilDoneAsync(async () => purged = await thief.PurgeAsync(fault.Target));
        say($"{taken.Count + purged} messages of {fault.Target} are gone");
    }

    async Task<IReadOnlyList<Thief.Loot>> TakeAsync(PlannedFault fault)
    {
        IReadOnlyList<Thief.Loot> taken = [];
        await UntilDoneAsync(async () => taken = await thief.TakeAsync(fault.Target, fault.Lasts));
        return taken;
    }

    async Task DeleteTimersAsync()
    {
        await using var command = deployment.Database.CreateCommand("delete from scheduler.timer where random() < 0.8");
        say($"{await command.ExecuteNonQueryAsync()} timers are gone");
    }

    IEnumerable<TcpRelay> RelaysTo(string target) => target switch
    {
        "PostgreSQL" => [deployment.ToPostgres],
        "RabbitMQ" => [deployment.ToBroker],
        _ => deployment.ToServices,
    };

    Func<Task<bool>> MovedSince(DateTimeOffset moment) => () => probe.HasTimerMovedAsync(moment);

    void Measure(string what, int aim, Func<Task<bool>> hasRecovered)
    {
        lock (background)
            background.Add(recovery.MeasureAsync(what, TimeSpan.FromSeconds(aim), hasRecovered));
    }

    static async Task OneAtATimeAsync(SemaphoreSlim server, Func<Task> act)
    {
        await server.WaitAsync();
        try
        {
            await act();
        }
        finally
        {
            server.Release();
        }
    }

    // Another fault may stand in its way.
    async Task UntilDoneAsync(Func<Task> act)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await act();
                return;
            }
#pragma warning disable CA1031 // What is being restarted fails in many ways; the last one is reported.
            catch (Exception exception) when (tries < MostTries)
#pragma warning restore CA1031
            {
                if (tries == 1)
                    say($"is tried again: {exception.Message.Split('\n')[0]}");
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }
}
