using Journeys.Ledgers.Checks;
using Journeys.Ledgers.Clients;
using Journeys.Ledgers.Walks;

namespace Journeys.Ledgers;

/// <summary>
/// Checks from the databases alone whether any person was lost, moved twice, woken early or late, or is stuck.
/// </summary>
public sealed class Ledger(LedgerOptions options, Action<string>? progress = null)
{
    static IReadOnlyList<ICheck> DatabaseChecks =>
    [
        new Histories(), new Attempts(), new Sites(), new Analytics(), new UncountedReports(), new Lists(), new Timers(), new Outboxes(),
        new FailedMessages(), new HeldSignals(), new SetAside(), new Archiving(), new Erasures(), new Jobs(), new Copies(), new Changes(),
    ];

    /// <summary>
    /// Runs all checks once. If findings may be work in progress, runs those checks again after a while.
    /// </summary>
    /// <exception cref="CannotCheck">A database or the client's record cannot be read.</exception>
    public async Task<Report> CheckAsync(CancellationToken ct)
    {
        // Read before the databases, so that these contain everything that was acknowledged by then.
        var calls = options.HistoryFile is { } file ? await ClientHistory.ReadAsync(file, ct) : null;
        return await CheckAsync(calls, ct);
    }

    /// <summary>Runs all checks with the record of a client; null for none.</summary>
    public async Task<Report> CheckAsync(IReadOnlyList<ClientCall>? calls, CancellationToken ct)
    {
        IReadOnlyList<ICheck> checks = calls is null ? DatabaseChecks : [.. DatabaseChecks, new ClientCalls(calls)];
        var first = await LookAsync(checks, ct);
        var unsettled = checks.Where(check => check.Settles && check.Names.Any(name => first.FoundBy(name).Count > 0)).ToList();
        Look? second = null;
        if (unsettled.Count > 0)
        {
            progress?.Invoke($"looking again in {options.Settle.TotalSeconds:0} s at {string.Join(", ", unsettled.SelectMany(check => check.Names))}");
            await Task.Delay(options.Settle, ct);
            second = await LookAsync(unsettled, ct);
        }

        return new Report([.. checks.SelectMany(check => check.Names.Select(name => Sum(name, first, check.Settles ? second : null, check.Settles)))]);
    }

    async Task<Look> LookAsync(IReadOnlyList<ICheck> checks, CancellationToken ct)
    {
        await using var snapshot = await Snapshot.TakeAsync(options, ct);
        var look = new Look(snapshot, options);
        foreach (var check in checks)
        {
            progress?.Invoke($"checking {string.Join(", ", check.Names)}");
            await check.RunAsync(look, ct);
        }

        return look;
    }

    CheckResult Sum(string name, Look first, Look? second, bool settles)
    {
        var (kept, count) = first.FoundBy(name);
        if (settles)
        {
            var before = kept.Select(finding => finding.Key).ToHashSet();
            kept = second is null ? [] : [.. second.FoundBy(name).Kept.Where(finding => before.Contains(finding.Key))];
            count = kept.Count;
        }

        return new CheckResult(name, first.Seen.GetValueOrDefault(name), count, [.. kept.Take(options.MostFindings)], settles);
    }
}
