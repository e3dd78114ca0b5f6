using System.Net.Sockets;

namespace Journeys.Testing;

/// <summary>An address that speaks HTTP/2, lets the beginning of a request come and resets the connection, as a service that is killed while it reads.</summary>
public sealed class CuttingAddress : IDisposable
{
    // Clients send 64 KiB at most before they are asked for more, so of a longer request the end has not come.
    const int Beginning = 40_000;

    static readonly byte[] Settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    readonly Acceptor acceptor;
    int cut;

    /// <summary>Begins to accept.</summary>
    public CuttingAddress() => acceptor = new Acceptor(CutAsync);

    /// <summary>The address.</summary>
    public Uri Address => new($"http://127.0.0.1:{acceptor.Port}");

    /// <summary>How many connections it has reset in the middle of a request.</summary>
    public int Cut => cut;

    /// <summary>Refuses connections from now on.</summary>
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
