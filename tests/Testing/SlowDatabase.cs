using System.Net;
using Npgsql;

namespace Journeys.Testing;

/// <summary>A way to a PostgreSQL on which every statement takes as long as a test says. Connecting takes no longer than usual.</summary>
public sealed class SlowDatabase : IDisposable
{
    readonly TcpRelay relay;

    /// <summary>Begins to accept.</summary>
    /// <param name="database">The way to the database past it.</param>
    public SlowDatabase(string database)
    {
        var settings = new NpgsqlConnectionStringBuilder(database);
        relay = new TcpRelay(new IPEndPoint(IPAddress.Parse(settings.Host!), settings.Port), bytes => Task.Delay(DelayOf(bytes.Span[0])));
        settings.Port = relay.Port;
        ConnectionString = settings.ConnectionString;
    }

    /// <summary>The way to the database through it.</summary>
    public string ConnectionString { get; }

    /// <summary>How much longer each statement takes from now on.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Resets every connection and refuses new ones.</summary>
    public void Dispose() => relay.Dispose();

    // Query, Parse and Bind begin a statement; startup, passwords and cancellations begin otherwise.
    TimeSpan DelayOf(byte first) => first is (byte)'Q' or (byte)'P' or (byte)'B' ? Delay : TimeSpan.Zero;
}
