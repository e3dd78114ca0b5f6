using System.Collections.Concurrent;

namespace Journeys.Ledgers.Clients;

/// <summary>What clients know of each of their tries, for the ledger.</summary>
public sealed class CallLog
{
    readonly ConcurrentQueue<ClientCall> calls = new();

    /// <summary>The tries.</summary>
    public IReadOnlyList<ClientCall> Calls => [.. calls];

    /// <summary>Adds a try that has just ended.</summary>
    public void Add(ClientCall call) => calls.Enqueue(call with { At = DateTimeOffset.UtcNow });

    /// <summary>Writes them as the ledger reads them.</summary>
    public Task SaveAsync(string file) => File.WriteAllLinesAsync(file, calls.Select(ClientHistory.Write));
}
