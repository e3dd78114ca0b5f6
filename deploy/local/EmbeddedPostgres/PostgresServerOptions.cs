namespace Journeys.EmbeddedPostgres;

/// <summary>How a <see cref="PostgresServer"/> runs.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>The port on 127.0.0.1; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Whether a commit survives a crash of the machine. Without, everything is faster: right for tests only.</summary>
    public bool Fsync { get; init; } = true;

    /// <summary>Settings of PostgreSQL that differ from its defaults, such as `max_connections`.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Told every line of PostgreSQL's log.</summary>
    public Action<string>? Log { get; init; }
}
