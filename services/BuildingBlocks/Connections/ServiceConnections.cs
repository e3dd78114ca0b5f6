using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.AspNetCore.Http;

namespace Journeys.BuildingBlocks.Connections;

/// <summary>
/// Connects to the replicas of a service: gives up an unresponsive address quickly, and tries the next one.
/// </summary>
/// <param name="addresses">
/// Base addresses of the service, tried in turn. Empty for the host that a request names.
/// </param>
/// <param name="certificates">Authenticates both sides at addresses that begin with https.</param>
public sealed class ServiceConnections(IReadOnlyList<Uri> addresses, ServiceCertificates certificates)
{
    /// <summary>Connect timeout of one address.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    // Longer than the network needs, because both sides compute, which takes time on a busy machine.
    static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    // Calls queue for the one connection that is being opened, so each of them in turn would wait for an unresponsive
    // address.
    static readonly TimeSpan StaysSilent = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<IPEndPoint, long> silentSince = new();
    int turn = Random.Shared.Next(1_000);

    /// <summary>
    /// Makes a handler connect this way, and drop a connection that is unresponsive for about 6 seconds.
    /// </summary>
    public void Configure(SocketsHttpHandler handler)
    {
        handler.ConnectCallback = ConnectAsync;
        handler.EnableMultipleHttp2Connections = true;
        // In KiB. Larger headers end the connection with all its calls; services send at most 8 KiB, see RefusalStatus.
        handler.MaxResponseHeadersLength = 128;
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(2);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(4);
    }

    /// <summary>
    /// Returns whether a failed request certainly never reached a service, so that it can be sent again.
    /// </summary>
    /// <remarks>
    /// True when no connection was made, the TLS handshake failed, or the other side closed the connection before
    /// it sent anything, because a service sends before it reads a request.
    /// </remarks>
    public static bool NeverArrived(Exception? failure) => Chain(failure).Any(each => each is NeverHeardException || IsUnconnected(each));

    static bool IsUnconnected(Exception failure) =>
        failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
        || EndedBeforeItsFirstRequest(failure);

    // Only its text distinguishes this failure of the handler from others. If the text changes, calls are not sent
    // again, and a test fails.
    static bool EndedBeforeItsFirstRequest(Exception failure) =>
        failure is HttpRequestException { HttpRequestError: HttpRequestError.Unknown, InnerException: null }
        && failure.Message.StartsWith("An HTTP/2 connection could not be established", StringComparison.Ordinal);

    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var isSecure = context.InitialRequestMessage.RequestUri?.Scheme == Uri.UriSchemeHttps;
        var places = await PlacesAsync(context, ct);
        var first = (int)((uint)Interlocked.Increment(ref turn) % places.Count);
        for (var number = 0; ; number++)
        {
            var place = places[(first + number) % places.Count];
            try
            {
                return await ConnectAsync(place, isSecure, ct);
            }
            catch (Exception exception) when (number < places.Count - 1 && exception is (SocketException or NeverHeardException))
            {
                // Tries the next address.
            }
        }
    }

    async Task<IReadOnlyList<Place>> PlacesAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        if (addresses.Count == 0)
        {
            // A replica that was found by name is connected to by its address and authenticated by the name.
            var asked = context.DnsEndPoint;
            var name = context.InitialRequestMessage.Headers.Host is { Length: > 0 } host ? new HostString(host).Host : asked.Host;
            return [.. (await LookUpAsync(asked.Host, asked.Port, ct)).Select(endPoint => new Place(endPoint, name))];
        }

        var found = new List<Place>();
        SocketException? unknown = null;
        foreach (var address in addresses)
        {
            try
            {
                found.AddRange((await LookUpAsync(address.Host, address.Port, ct)).Select(endPoint => new Place(endPoint, address.Host)));
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

    async Task<Stream> ConnectAsync(Place place, bool isSecure, CancellationToken ct)
    {
        var endPoint = place.EndPoint;
        if (silentSince.TryGetValue(endPoint, out var since) && Environment.TickCount64 - since < StaysSilent.TotalMilliseconds)
            throw new SocketException((int)SocketError.TimedOut);

        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(endPoint, limit.Token);
            // The handler reads it next, and could then fail with any exception. The socket caches the value.
            _ = socket.RemoteEndPoint;
            limit.CancelAfter(HandshakeTimeout);
            var stream = isSecure ? await SecureAsync(socket, place.Host, limit.Token) : new ListeningStream(socket);
            silentSince.TryRemove(endPoint, out _);
            return stream;
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

    // Done here instead of in the handler, which could not tell whether the other side sent anything after the
    // handshake.
    async Task<Stream> SecureAsync(Socket socket, string host, CancellationToken ct)
    {
        var stream = new ListeningTlsStream(socket);
        try
        {
            await stream.AuthenticateAsClientAsync(certificates.ForClient(host), ct);
            return stream;
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            await stream.DisposeAsync();
            throw new NeverHeardException($"No TLS connection to {host} was made: {exception.Message}", exception);
        }
    }

    // A failure while the body was sent comes as two exceptions in one.
    static IEnumerable<Exception> Chain(Exception? failure) => failure switch
    {
        null => [],
        AggregateException several => several.InnerExceptions.SelectMany(Chain),
        _ => Chain(failure.InnerException).Prepend(failure),
    };

    /// <summary>The address of a replica, and the name that authenticates it.</summary>
    sealed record Place(IPEndPoint EndPoint, string Host);
}
