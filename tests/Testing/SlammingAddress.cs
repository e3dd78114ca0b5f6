namespace Journeys.Testing;

/// <summary>An address that accepts connections and resets them before it has read or said anything, as a service that is about to end.</summary>
public sealed class SlammingAddress : IDisposable
{
    readonly Acceptor acceptor;
    int accepted;

    /// <summary>Begins to accept.</summary>
    public SlammingAddress() => acceptor = new Acceptor(connection =>
    {
        Acceptor.ResetOnClose(connection);
        Interlocked.Increment(ref accepted);
        return Task.CompletedTask;
    });

    /// <summary>The address.</summary>
    public Uri Address => new($"http://127.0.0.1:{acceptor.Port}");

    /// <summary>How many connections it has reset.</summary>
    public int Accepted => accepted;

    /// <summary>Refuses connections from now on.</summary>
    public void Dispose() => acceptor.Dispose();
}
