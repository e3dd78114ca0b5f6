using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Journeys.Access;

/// <summary>The socket through which the gateway reaches the access service in its own process.</summary>
/// <remarks>
/// Only this machine can connect, and only the gateway knows the secret that every call must contain, so the service
/// trusts the gateway's headers about the client.
/// </remarks>
public sealed class AccessSocket : IDisposable
{
    /// <summary>The header with the secret.</summary>
    public const string WordHeader = "journeys-gateway";

    /// <summary>Binds a free port immediately, because YARP needs the address before anything runs.</summary>
    public AccessSocket()
    {
        Socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)Socket.LocalEndPoint!).Port}");
    }

    public Uri Address { get; }

    /// <summary>The secret of this process.</summary>
    public string Word { get; } = Secret.New("");

    internal Socket Socket { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    internal bool IsWord(string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(Word));

    public void Dispose() => Socket.Dispose();
}
