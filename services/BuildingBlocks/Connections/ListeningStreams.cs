using System.Net.Security;
using System.Net.Sockets;

namespace Journeys.BuildingBlocks.Connections;

/// <summary>Detects that the other side closes a connection before it has sent anything.</summary>
sealed class FirstWord
{
    volatile bool wasSlammed;

    /// <summary>Whether the other side has sent anything.</summary>
    public bool Heard { get; private set; }

    /// <summary>Reads from the connection.</summary>
    /// <param name="read">Starts to read, and returns the number of bytes.</param>
    /// <param name="size">
    /// The size of the buffer. A read into an empty buffer only waits until there is something to read.
    /// </param>
    public async ValueTask<int> ReadAsync(Func<ValueTask<int>> read, int size)
    {
        try
        {
            var count = await read();
            if (count == 0 && size > 0)
                throw Slammed(null);
            Heard |= count > 0;
            return count;
        }
        catch (IOException exception) when (WasClosed(exception))
        {
            throw Slammed(exception);
        }
    }

    /// <summary>Writes to the connection.</summary>
    public async ValueTask WriteAsync(Func<ValueTask> write)
    {
        try
        {
            await write();
        }
        catch (IOException exception) when (!Heard && (wasSlammed || WasClosed(exception)))
        {
            throw new NeverHeardException(exception);
        }
        catch (ObjectDisposedException exception) when (wasSlammed)
        {
            // The reader noticed it first, and the connection was closed during this write.
            throw new NeverHeardException(exception);
        }
    }

    NeverHeardException Slammed(IOException? exception)
    {
        wasSlammed = true;
        return new NeverHeardException(exception);
    }

    // Only closing by the other side counts: when this side gives up, the other side may still read what was sent.
    static bool WasClosed(IOException exception) =>
        exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown };
}

/// <summary>A cleartext connection.</summary>
sealed class ListeningStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    readonly FirstWord first = new();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        first.Heard ? base.ReadAsync(buffer, cancellationToken) : first.ReadAsync(() => base.ReadAsync(buffer, cancellationToken), buffer.Length);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        first.Heard ? base.WriteAsync(buffer, cancellationToken) : first.WriteAsync(() => base.WriteAsync(buffer, cancellationToken));
}

/// <summary>
/// A TLS connection. The handshake does not count as sending, because no request is in progress then.
/// </summary>
sealed class ListeningTlsStream(Socket socket) : SslStream(new NetworkStream(socket, ownsSocket: true))
{
    readonly FirstWord first = new();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        first.Heard ? base.ReadAsync(buffer, cancellationToken) : first.ReadAsync(() => base.ReadAsync(buffer, cancellationToken), buffer.Length);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        first.Heard ? base.WriteAsync(buffer, cancellationToken) : first.WriteAsync(() => base.WriteAsync(buffer, cancellationToken));
}

/// <summary>A connection ended before the other side sent anything, or before the TLS handshake was complete.</summary>
public sealed class NeverHeardException(string message, Exception? inner) : IOException(message, inner)
{
    public NeverHeardException(Exception? inner)
        : this("The connection was closed before the service said anything.", inner)
    {
    }
}
