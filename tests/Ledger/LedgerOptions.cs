namespace Journeys.Ledgers;

/// <summary>What is checked, and how patiently.</summary>
public sealed record LedgerOptions
{
    /// <summary>Connection string of the database with the schema `definition`.</summary>
    public required string Definition { get; init; }

    /// <summary>Connection string of the database with the schema `enrollment`.</summary>
    public required string Enrollment { get; init; }

    /// <summary>Connection string of the database with the schema `scheduler`.</summary>
    public required string Scheduler { get; init; }

    /// <summary>File with the record of a client; null for none.</summary>
    public string? HistoryFile { get; init; }

    /// <summary>The only site that is checked; null for all.</summary>
    public Guid? SiteId { get; init; }

    /// <summary>How long after the first look a second one decides on what may have been under way.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How late something may be before it counts as late. The watchdog acts after the same time.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The most findings of one check that are told; the others are counted.</summary>
    public int MostFindings { get; init; } = 1_000;

    /// <summary>The time of the services where that is not the time of their databases, as in tests; else null.</summary>
    public DateTimeOffset? Now { get; init; }
}
