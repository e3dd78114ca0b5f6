namespace Journeys.Ledgers;

/// <summary>The databases to check, and the time limits.</summary>
public sealed record LedgerOptions
{
    /// <summary>Connection string of the database with the schema `definition`.</summary>
    public required string Definition { get; init; }

    /// <summary>Connection string of the database with the schema `enrollment`.</summary>
    public required string Enrollment { get; init; }

    /// <summary>Connection string of the database with the schema `scheduler`.</summary>
    public required string Scheduler { get; init; }

    /// <summary>The file with the record of a client; null for none.</summary>
    public string? HistoryFile { get; init; }

    /// <summary>The only site to check; null for all.</summary>
    public Guid? SiteId { get; init; }

    /// <summary>The time after which a second look decides on findings that may be work in progress.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The delay after which something counts as late. The watchdog acts after the same time.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The maximum number of findings of one check in the report; the rest are counted.</summary>
    public int MostFindings { get; init; } = 1_000;

    /// <summary>
    /// The time of the services if it differs from that of their databases, as in tests; otherwise null.
    /// </summary>
    public DateTimeOffset? Now { get; init; }
}
