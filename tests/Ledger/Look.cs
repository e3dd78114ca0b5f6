using Npgsql;

namespace Journeys.Ledgers;

/// <summary>Collects what the checks of one look count and find.</summary>
public sealed class Look(Snapshot snapshot, LedgerOptions options)
{
    // Far more than a report contains, so that the second look finds those of the first again.
    const int MostKept = 20_000;

    readonly Dictionary<string, long> seen = [];
    readonly Dictionary<string, (List<Finding> Kept, long Count)> found = [];

    public Snapshot Snapshot => snapshot;

    public LedgerOptions Options => options;

    /// <summary>The number of rows that each check has checked.</summary>
    public IReadOnlyDictionary<string, long> Seen => seen;

    /// <summary>Records the number of rows that a check has checked.</summary>
    public void Saw(string check, long rows) => seen[check] = seen.GetValueOrDefault(check) + rows;

    /// <summary>Records a finding.</summary>
    public void Found(Finding finding)
    {
        var (kept, count) = found.GetValueOrDefault(finding.Check, ([], 0));
        if (kept.Count < MostKept)
            kept.Add(finding);
        found[finding.Check] = (kept, count + 1);
    }

    /// <summary>Returns the findings of a check, and their total number.</summary>
    public (IReadOnlyList<Finding> Kept, long Count) FoundBy(string check) => found.GetValueOrDefault(check, ([], 0));

    /// <summary>Records the results of a query, whose columns are kind, site, ids and sentence.</summary>
    public async Task FindAsync(string check, DatabaseSnapshot database, string sql, CancellationToken ct, params NpgsqlParameter[] more)
    {
        await foreach (var row in database.ReadAsync(sql, ct, more))
            Found(new Finding(check, Enum.Parse<FindingKind>(row.GetString(0)), row.GetGuid(1), row.GetString(2), row.GetString(3)));
    }
}
