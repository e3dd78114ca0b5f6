using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Journeys.Access;

/// <summary>Where the gateway reaches the access service in its own process.</summary>
/// <remarks>
/// Only this machine can connect, and only the gateway knows the secret that every call must contain: what it says about the
/// client is believed.
/// </remarks>
public sealed class AccessSocket : IDisposable
{
    /// <summary>The header with the secret.</summary>
    public const string WordHeader = "journeys-gateway";

    /// <summary>Takes a free port at once, because YARP wants to know the address before anything runs.</summary>
    public AccessSocket()
    {
        Socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)Socket.LocalEndPoint!).Port}");
    }

    public Uri Address { get; }

    /// <summary>Another one in each process.</summary>
    public string Word { get; } = Secret.New("");

    internal Socket Socket { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    internal bool IsWord(string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(Word));

    public void Dispose() => Socket.Dispose();
}
