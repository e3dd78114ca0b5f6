using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Journeys.BuildingBlocks;

/// <summary>Connects to the replicas of a service: gives a silent address up quickly, and tries the next one.</summary>
/// <param name="addresses">Base addresses of the service, tried in turn. Empty: the host that a request names.</param>
public sealed class ServiceConnections(IReadOnlyList<Uri> addresses)
{
    /// <summary>How long one address may take to accept a connection.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    // Calls queue for the one connection that is being opened, so each would wait for a silent address in its turn.
    static readonly TimeSpan StaysSilent = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<IPEndPoint, long> silentSince = new();
    int turn = Random.Shared.Next(1_000);

    /// <summary>Makes a handler connect this way, and drop a connection on which nothing comes back for about 6 seconds.</summary>
    public void Configure(SocketsHttpHandler handler)
    {
        handler.ConnectCallback = ConnectAsync;
        handler.EnableMultipleHttp2Connections = true;
        // In KiB. Larger headers cut the connection with all calls on it; services keep to 8 KiB, see RefusalStatus.
        handler.MaxResponseHeadersLength = 128;
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(2);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(4);
    }

    /// <summary>Whether a failed request certainly never reached a service, so that it can be sent again.</summary>
    /// <remarks>No connection was made, or the other side closed it before it said a word: a service speaks before it reads a request.</remarks>
    public static bool NeverArrived(Exception? failure) => Chain(failure).Any(each => each is NeverHeardException || IsUnconnected(each));

    static bool IsUnconnected(Exception failure) =>
        failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
        || EndedBeforeItsFirstRequest(failure);

    // Only its words tell this failure of the handler from others. If they change, calls are not sent again, and a test fails.
    static bool EndedBeforeItsFirstRequest(Exception failure) =>
        failure is HttpRequestException { HttpRequestError: HttpRequestError.Unknown, InnerException: null }
        && failure.Message.StartsWith("An HTTP/2 connection could not be established", StringComparison.Ordinal);

    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var endPoints = await EndPointsAsync(context.DnsEndPoint, ct);
        var first = (int)((uint)Interlocked.Increment(ref turn) % endPoints.Count);
        for (var number = 0; ; number++)
        {
            var endPoint = endPoints[(first + number) % endPoints.Count];
            try
            {
                return await ConnectAsync(endPoint, ct);
            }
            catch (SocketException) when (number < endPoints.Count - 1)
            {
                // The next one may be there.
            }
        }
    }

    async Task<IReadOnlyList<IPEndPoint>> EndPointsAsync(DnsEndPoint asked, CancellationToken ct)
    {
        if (addresses.Count == 0)
            return await LookUpAsync(asked.Host, asked.Port, ct);

        var found = new List<IPEndPoint>();
        SocketException? unknown = null;
        foreach (var address in addresses)
        {
            try
            {
                found.AddRange(await LookUpAsync(address.Host, address.Port, ct));
            }
            catch (SocketException exception)
            {
                unknown = exception;
            }
        }

        return found.Count > 0 ? found : throw unknown!;
    }

    static async Task<IReadOnlyList<IPEndPoint>> LookUpAsync(string host, int port, CancellationToken ct)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
            return [new IPEndPoint(address, port)];

        try
        {
            var found = await Dns.GetHostAddressesAsync(host, ct).WaitAsync(ConnectTimeout, ct);
            return found.Length > 0 ? [.. found.Select(each => new IPEndPoint(each, port))] : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (TimeoutException)
        {
            throw new SocketException((int)SocketError.TryAgain);
        }
    }

    async Task<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken ct)
    {
        if (silentSince.TryGetValue(endPoint, out var since) && Environment.TickCount64 - since < StaysSilent.TotalMilliseconds)
            throw new SocketException((int)SocketError.TimedOut);

        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(endPoint, limit.Token);
            // The handler asks for it next, and its failure could be any. The socket remembers the answer.
            _ = socket.RemoteEndPoint;
            silentSince.TryRemove(endPoint, out _);
            return new ListeningStream(socket);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            socket.Dispose();
            silentSince[endPoint] = Environment.TickCount64;
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // What failed while the body was sent comes as two exceptions in one.
    static IEnumerable<Exception> Chain(Exception? failure) => failure switch
    {
        null => [],
        AggregateException several => several.InnerExceptions.SelectMany(Chain),
        _ => Chain(failure.InnerException).Prepend(failure),
    };

    /// <summary>Notices when the other side closes before it has said anything.</summary>
    sealed class ListeningStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        bool heard;
        volatile bool wasSlammed;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            heard ? base.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            heard ? base.WriteAsync(buffer, cancellationToken) : WriteFirstAsync(buffer, cancellationToken);

        async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken ct)
        {
            try
            {
                var count = await base.ReadAsync(buffer, ct);
                // Reading into nothing only waits until there is something to read.
                if (count == 0 && buffer.Length > 0)
                    throw Slammed(null);
                heard |= count > 0;
                return count;
            }
            catch (IOException exception) when (WasClosed(exception))
            {
                throw Slammed(exception);
            }
        }

        async ValueTask WriteFirstAsync(ReadOnlyMemory<byte> buffer, CancellationToken ct)
        {
            try
            {
                await base.WriteAsync(buffer, ct);
            }
            catch (IOException exception) when (!heard && (wasSlammed || WasClosed(exception)))
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
}

/// <summary>The other side of a connection closed it before it said anything.</summary>
public sealed class NeverHeardException(Exception? inner) : IOException("The connection was closed before the service said anything.", inner);
