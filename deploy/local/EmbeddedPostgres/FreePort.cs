using System.Net;
using System.Net.Sockets;

namespace Journeys.EmbeddedPostgres;

/// <summary>Finds TCP ports of this machine that nobody listens on.</summary>
public static class FreePort
{
    // Below the range that systems take the near end of outgoing connections from: a server that is killed and comes
    // back finds its port still free.
    const int First = 20_000;
    const int Last = 31_999;

    static readonly Lock Gate = new();
    static int next = Random.Shared.Next(First, Last);

    /// <summary>A port that is free on 127.0.0.1 now, and that this process has not been given lately. So is the port after it, for a program that takes two.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static int Next()
    {
        lock (Gate)
        {
            for (var tries = First; tries <= Last; tries += 2)
            {
                next = next + 2 >= Last ? First : next + 2;
                if (IsFree(next) && IsFree(next + 1))
                    return next;
            }
        }

        throw new InvalidOperationException($"No TCP port between {First} and {Last} is free.");
    }

    /// <summary>Whether a server could listen on this port of 127.0.0.1 now.</summary>
    public static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
