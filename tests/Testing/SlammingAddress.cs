namespace Journeys.Testing;

/// <summary>
/// An address that accepts connections and resets them without reading or writing, like a service that is about to end.
/// </summary>
public sealed class SlammingAddress : IDisposable
{
    readonly Acceptor acceptor;
    int accepted;

    /// <summary>Starts listening.</summary>
    public SlammingAddress() => acceptor = new Acceptor(connection =>
    {
        Acceptor.ResetOnClose(connection);
        Interlocked.Increment(ref accepted);
        return Task.CompletedTask;
    });

    /// <summary>The address.</summary>
    public Uri Address => new($"http://127.0.0.1:{acceptor.Port}");

    /// <summary>The number of connections that were reset.</summary>
    public int Accepted => accepted;

    /// <summary>Stops listening.</summary>
    public void Dispose() => acceptor.Dispose();
}
