using System.Text.RegularExpressions;
using Journeys.BuildingBlocks;
using Npgsql;

namespace Journeys.Simulations;

/// <summary>The process that did a step is gone.</summary>
sealed class SimulatedCrash(string where) : Exception($"Crashed {where}.");

/// <summary>One piece of work of one replica, or one call of a client.</summary>
sealed class Step(string name, Replica? replica)
{
    public string Name => name;

    /// <summary>Who does it; null for a client.</summary>
    public Replica? Replica => replica;

    /// <summary>Where it stands still; done when it does.</summary>
    public TaskCompletionSource<string> Frozen { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets it go on.</summary>
    public ManualResetEventSlim Thaw { get; } = new();

    /// <summary>Cancelled when its process dies, so that nothing catches that and goes on.</summary>
    public CancellationTokenSource Dying { get; } = new();

    /// <summary>Who crashed in it.</summary>
    public Replica? Crashed { get; set; }

    public string CrashedAt { get; set; } = "";

    public Task Work { get; set; } = Task.CompletedTask;

    /// <summary>Whose code runs now: the callee's within a call.</summary>
    public Stack<Replica> Inside { get; } = new();
}

/// <summary>Lets the seed break things at the places where the services let it: crash points, commits, calls.</summary>
sealed partial class Failures
{
    /// <summary>The crash points that no seed comes to, and why.</summary>
    static readonly Dictionary<CrashPoint, string> OutOfReach = new()
    {
        [CrashPoint.ErrorQueueKept] = "error queues are RabbitMQ's",
        [CrashPoint.SimulationTaken] = "no seed simulates a population",
        [CrashPoint.SimulationRun] = "no seed simulates a population",
        [CrashPoint.AuditBegun] = "the gateway is not there",
        [CrashPoint.AuditedCallMade] = "the gateway is not there",
        [CrashPoint.CopyDistrusted] = "no seed restores Definition from a backup",
        [CrashPoint.NewestTakenBack] = "no seed restores Definition from a backup",
        [CrashPoint.LinkSent] = "the gateway, and Access within it, is not there",
    };

    Random random = new(0);
    readonly SortedDictionary<CrashPoint, int> points = [];
    Trace? trace;
    Step? step;
    int until;

    /// <summary>How likely it is that a call between services loses its request or response.</summary>
    public double Losses { get; set; }

    /// <summary>How often each kind of failure happened, over all seeds.</summary>
    public SortedDictionary<string, int> Counts { get; } = [];

    /// <summary>How often something broke at each crash point, over all seeds.</summary>
    public IEnumerable<(CrashPoint Point, int Times)> Points => points.Select(one => (one.Key, one.Value));

    /// <summary>The crash points at which nothing broke, although it could.</summary>
    public IEnumerable<CrashPoint> Missed => Enum.GetValues<CrashPoint>().Except(OutOfReach.Keys).Except(points.Keys);

    public void Begin(Trace lines)
    {
        (trace, step, until, Losses) = (lines, null, 0, 0);
        Simulated.AtCrashPoint = AtCrashPoint;
        Simulated.Commit = CommitAsync;
        Simulated.AtAnswer = AtAnswer;
    }

    /// <summary>What runs from now on is this step; it breaks at the place with this number, or nowhere when 0.</summary>
    /// <param name="next">The step.</param>
    /// <param name="place">The number of a crash point or commit that it comes to.</param>
    /// <param name="chance">Decides what happens there.</param>
    public void Watch(Step next, int place, Random chance) => (step, until, random) = (next, place, chance);

    /// <summary>One of them, for a call within a step.</summary>
    public Replica Choose(IReadOnlyList<Replica> replicas) => replicas[random.Next(replicas.Count)];

    /// <summary>Notes whose code runs within a call.</summary>
    public IDisposable Enter(Replica callee)
    {
        var within = step!;
        within.Inside.Push(callee);
        return new Leaving(within.Inside);
    }

    public Loss OfCall(Service service, string method)
    {
        var fate = random.NextDouble() >= Losses ? Loss.None : random.Next(2) == 0 ? Loss.OfRequest : Loss.OfResponse;
        if (fate != Loss.None)
            Note($"call lost {(fate == Loss.OfRequest ? "there" : "back")}", $"{method} to {service}");
        return fate;
    }

    /// <summary>Whether this replica crashed in the present step, so that whoever called it gets no answer.</summary>
    public bool HasCrashed(Replica replica) => step?.Crashed == replica;

    /// <summary>Notes that something broke.</summary>
    public void Note(string kind, string about)
    {
        Counts[kind] = Counts.GetValueOrDefault(kind) + 1;
        trace!.Add($"  ! {kind}: {about}");
    }

    /// <summary>A place of the simulation's own where a process may crash.</summary>
    public void MayCrash(string where)
    {
        if (IsHere())
            Die(step!, where);
    }

    void AtCrashPoint(CrashPoint point)
    {
        if (!IsHere())
            return;
        points[point] = points.GetValueOrDefault(point) + 1;
        var own = step!;
        // Whoever calls would go on while the callee stands still.
        if (own.Inside.Count > 0 || random.Next(2) == 0)
            Die(own, $"at {point}");
        Note("frozen", $"{own.Name} at {point}");
        own.Frozen.SetResult(point.ToString());
        own.Thaw.Wait();
        if (own.Crashed is not null)
            throw new SimulatedCrash("while it stood still");
    }

    async Task CommitAsync(NpgsqlTransaction transaction, CancellationToken ct)
    {
        var fate = IsHere() ? random.Next(4) : -1;
        if (fate == 0)
            Die(step!, "before a commit");
        if (fate == 1)
        {
            Note("commit lost", step!.Name);
            await transaction.RollbackAsync(ct);
            throw new NpgsqlException("The simulated connection broke before the commit.", new IOException());
        }

        await transaction.CommitAsync(ct);
        if (fate == 2)
            Die(step!, "after a commit");
        if (fate == 3)
        {
            Note("commit unknown", step!.Name);
            throw new NpgsqlException("The simulated connection broke after the commit.", new IOException());
        }
    }

    // It is committed, since no transaction is around it.
    void AtAnswer(string sql)
    {
        // Most steps break nowhere, and for them no statement is read.
        if (until == 0 || !Writing().IsMatch(sql) || !IsHere())
            return;
        if (random.Next(2) == 0)
            Die(step!, "after a statement");
        Note("answer lost", step!.Name);
        throw new NpgsqlException("The simulated connection broke after the statement.", new IOException());
    }

    bool IsHere() => step is not null && until > 0 && --until == 0;

    void Die(Step own, string where)
    {
        own.Crashed = own.Inside.Count > 0 ? own.Inside.Peek() : own.Replica;
        own.CrashedAt = where;
        Note("crash", $"{own.Crashed?.Name ?? own.Name} in {own.Name} {where}");
        // A call has to be awaited to its end, or its undoing would go on beside the next step.
        if (own.Inside.Count == 0)
            own.Dying.Cancel();
        throw new SimulatedCrash(where);
    }

    [GeneratedRegex(@"\b(insert into|update|delete from)\s")]
    private static partial Regex Writing();

    sealed class Leaving(Stack<Replica> inside) : IDisposable
    {
        public void Dispose() => inside.Pop();
    }
}
