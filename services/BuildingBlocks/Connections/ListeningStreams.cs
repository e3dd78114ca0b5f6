using System.Net.Security;
using System.Net.Sockets;

namespace Journeys.BuildingBlocks.Connections;

/// <summary>Notices when the other side of a connection closes before it has said anything.</summary>
sealed class FirstWord
{
    volatile bool wasSlammed;

    /// <summary>Whether the other side has said something.</summary>
    public bool Heard { get; private set; }

    /// <summary>Reads.</summary>
    /// <param name="read">Begins to read, and gives the number of bytes.</param>
    /// <param name="size">How many bytes it may read. Reading into nothing only waits until there is something to read.</param>
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

    /// <summary>Writes.</summary>
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
            // The reader saw it first, and the connection was taken down under this write.
            throw new NeverHeardException(exception);
        }
    }

    NeverHeardException Slammed(IOException? exception)
    {
        wasSlammed = true;
        return new NeverHeardException(exception);
    }

    // By the other side: when this side gives up, the other one may still read what it was sent.
    static bool WasClosed(IOException exception) =>
        exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown };
}

/// <summary>A connection in cleartext.</summary>
sealed class ListeningStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    readonly FirstWord first = new();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        first.Heard ? base.ReadAsync(buffer, cancellationToken) : first.ReadAsync(() => base.ReadAsync(buffer, cancellationToken), buffer.Length);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        first.Heard ? base.WriteAsync(buffer, cancellationToken) : first.WriteAsync(() => base.WriteAsync(buffer, cancellationToken));
}

/// <summary>A connection with TLS. What is said while both sides get to know each other does not count: no request is under way then.</summary>
sealed class ListeningTlsStream(Socket socket) : SslStream(new NetworkStream(socket, ownsSocket: true))
{
    readonly FirstWord first = new();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        first.Heard ? base.ReadAsync(buffer, cancellationToken) : first.ReadAsync(() => base.ReadAsync(buffer, cancellationToken), buffer.Length);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        first.Heard ? base.WriteAsync(buffer, cancellationToken) : first.WriteAsync(() => base.WriteAsync(buffer, cancellationToken));
}

/// <summary>A connection ended before the other side said anything, or before both sides knew each other.</summary>
public sealed class NeverHeardException(string message, Exception? inner) : IOException(message, inner)
{
    public NeverHeardException(Exception? inner)
        : this("The connection was closed before the service said anything.", inner)
    {
    }
}
