using System.Collections.Concurrent;

namespace Journeys.Ledgers.Clients;

/// <summary>Records the result of each try of clients, for the ledger.</summary>
public sealed class CallLog
{
    readonly ConcurrentQueue<ClientCall> calls = new();

    /// <summary>The recorded tries.</summary>
    public IReadOnlyList<ClientCall> Calls => [.. calls];

    /// <summary>Adds a try that has just ended.</summary>
    public void Add(ClientCall call) => calls.Enqueue(call with { At = DateTimeOffset.UtcNow });

    /// <summary>Writes the record in the format of the ledger.</summary>
    public Task SaveAsync(string file) => File.WriteAllLinesAsync(file, calls.Select(ClientHistory.Write));
}
