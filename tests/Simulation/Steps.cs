using Grpc.Core;

namespace Journeys.Simulations;

/// <summary>Runs one step after the other. Only steps that stand still are under way beside the present one.</summary>
sealed class Steps(World world, Random random, Trace trace)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly List<(Step Step, Action<bool>? Done)> frozen = [];

    /// <summary>How likely a step breaks somewhere.</summary>
    public double Failures { get; set; }

    /// <summary>Those that stand still.</summary>
    public int Frozen => frozen.Count;

    /// <summary>Runs a step until it ends, breaks or stands still.</summary>
    /// <param name="name">What it does.</param>
    /// <param name="replica">Who does it.</param>
    /// <param name="work">Does it, and says what came of it.</param>
    /// <param name="done">Told at its end whether it came to its end.</param>
    public async Task DoAsync(string name, Replica replica, Func<CancellationToken, Task<string>> work, Action<bool>? done = null)
    {
        trace.Add($"{name} at {replica.Name}");
        var step = new Step(name, replica);
        // Of its own, so that how much a step asks of chance does not change those after it.
        world.Failures.Watch(step, random.NextDouble() < Failures ? 1 + random.Next(4) : 0, new Random(random.Next()));
        step.Work = Task.Run(async () => trace.Add($"  = {await work(step.Dying.Token)}"));
        await WaitAsync(step, done);
    }

    /// <summary>Lets one of those that stand still go on.</summary>
    public async Task ThawAsync(int index)
    {
        var (step, done) = frozen[index];
        frozen.RemoveAt(index);
        trace.Add($"{step.Name} at {step.Replica!.Name} goes on");
        step.Frozen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Failures.Watch(step, 0, new Random(random.Next()));
        step.Thaw.Set();
        await WaitAsync(step, done);
    }

    async Task WaitAsync(Step step, Action<bool>? done)
    {
        if (await Task.WhenAny(step.Work, step.Frozen.Task).WaitAsync(Patience) == step.Frozen.Task)
        {
            frozen.Add((step, done));
            Tell();
            return;
        }

        if (step.Work.Exception?.GetBaseException() is { } problem and not SimulatedCrash and not OperationCanceledException)
            trace.Add($"  = {(problem is RpcException call ? $"{call.StatusCode}" : problem.GetType().Name)}");
        Tell();
        done?.Invoke(step.Crashed is null && step.Work.IsCompletedSuccessfully);
        if (step.Crashed is { } crashed)
            await RestartAsync(crashed);
    }

    // In the order of the ids, whatever the order was in which they were published.
    void Tell()
    {
        foreach (var line in world.Broker.TakeNews())
            trace.Add($"  > {line}");
    }

    // What stood still in that process ends with it.
    async Task RestartAsync(Replica crashed)
    {
        foreach (var (step, done) in frozen.Where(one => one.Step.Replica == crashed).ToList())
        {
            frozen.RemoveAll(one => one.Step == step);
            trace.Add($"{step.Name} at {crashed.Name} ends with it");
            step.Crashed = crashed;
            await step.Dying.CancelAsync();
            step.Thaw.Set();
            await Task.WhenAny(step.Work).WaitAsync(Patience);
            Tell();
            done?.Invoke(false);
        }

        var fresh = world.Replace(crashed);
        trace.Add($"{crashed.Name} is replaced by {fresh.Name}");
    }
}
