using System.Collections.Concurrent;
using Journeys.Ledgers.Clients;

namespace Journeys.Chaos.Clients;

/// <summary>What clients know of each of their tries, for the ledger.</summary>
sealed class Record
{
    readonly ConcurrentQueue<ClientCall> calls = new();

    public IReadOnlyList<ClientCall> Calls => [.. calls];

    public void Add(ClientCall call) => calls.Enqueue(call with { At = DateTimeOffset.UtcNow });

    /// <summary>Writes the record as the ledger reads it.</summary>
    public Task SaveAsync(string file) => File.WriteAllLinesAsync(file, calls.Select(ClientHistory.Write));
}
