using System.Net.Sockets;

namespace Journeys.Testing;

/// <summary>
/// An HTTP/2 address that reads the beginning of a request and resets the connection, like a service that is killed
/// while it reads.
/// </summary>
public sealed class CuttingAddress : IDisposable
{
    // Clients send at most 64 KiB before they wait for flow control, so the end of a longer request has not arrived.
    const int Beginning = 40_000;

    static readonly byte[] Settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    readonly Acceptor acceptor;
    int cut;

    /// <summary>Starts listening.</summary>
    public CuttingAddress() => acceptor = new Acceptor(CutAsync);

    /// <summary>The address.</summary>
    public Uri Address => new($"http://127.0.0.1:{acceptor.Port}");

    /// <summary>The number of connections that were reset in the middle of a request.</summary>
    public int Cut => cut;

    /// <summary>Stops listening.</summary>
    public void Dispose() => acceptor.Dispose();

    async Task CutAsync(Socket connection)
    {
        await connection.SendAsync(Settings);
        var buffer = new byte[Beginning];
        for (var read = 0; read < Beginning;)
        {
            if (await connection.ReceiveAsync(buffer) is var count && count == 0)
                return;
            read += count;
        }

        Acceptor.ResetOnClose(connection);
        Interlocked.Increment(ref cut);
    }
}
