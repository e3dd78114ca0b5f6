using System.Net;
using Npgsql;

namespace Journeys.Testing;

/// <summary>A proxy to a PostgreSQL that delays every statement by a given time. Connecting is not delayed.</summary>
public sealed class SlowDatabase : IDisposable
{
    readonly TcpRelay relay;

    /// <summary>Starts listening.</summary>
    /// <param name="database">The connection string of the database itself.</param>
    public SlowDatabase(string database)
    {
        var settings = new NpgsqlConnectionStringBuilder(database);
        relay = new TcpRelay(new IPEndPoint(IPAddress.Parse(settings.Host!), settings.Port), bytes => Task.Delay(DelayOf(bytes.Span[0])));
        settings.Port = relay.Port;
        ConnectionString = settings.ConnectionString;
    }

    /// <summary>The connection string through the proxy.</summary>
    public string ConnectionString { get; }

    /// <summary>The delay of each statement from now on.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Resets every connection and refuses new ones.</summary>
    public void Dispose() => relay.Dispose();

    // Query, Parse and Bind messages begin a statement; startup, passwords and cancellations begin with other bytes.
    TimeSpan DelayOf(byte first) => first is (byte)'Q' or (byte)'P' or (byte)'B' ? Delay : TimeSpan.Zero;
}
