using Npgsql;

namespace Journeys.Ledgers;

/// <summary>What the checks of one look see and find.</summary>
public sealed class Look(Snapshot snapshot, LedgerOptions options)
{
    // Far more than are told, so that the second look finds those of the first again.
    const int MostKept = 20_000;

    readonly Dictionary<string, long> seen = [];
    readonly Dictionary<string, (List<Finding> Kept, long Count)> found = [];

    public Snapshot Snapshot => snapshot;

    public LedgerOptions Options => options;

    /// <summary>How many rows a check looked at.</summary>
    public IReadOnlyDictionary<string, long> Seen => seen;

    /// <summary>Notes that a check looked at rows.</summary>
    public void Saw(string check, long rows) => seen[check] = seen.GetValueOrDefault(check) + rows;

    /// <summary>Notes a finding.</summary>
    public void Found(Finding finding)
    {
        var (kept, count) = found.GetValueOrDefault(finding.Check, ([], 0));
        if (kept.Count < MostKept)
            kept.Add(finding);
        found[finding.Check] = (kept, count + 1);
    }

    /// <summary>What a check found, and how many that were.</summary>
    public (IReadOnlyList<Finding> Kept, long Count) FoundBy(string check) => found.GetValueOrDefault(check, ([], 0));

    /// <summary>Notes what a query finds: its rows are kind, site, ids and sentence.</summary>
    public async Task FindAsync(string check, DatabaseSnapshot database, string sql, CancellationToken ct, params NpgsqlParameter[] more)
    {
        await foreach (var row in database.ReadAsync(sql, ct, more))
            Found(new Finding(check, Enum.Parse<FindingKind>(row.GetString(0)), row.GetGuid(1), row.GetString(2), row.GetString(3)));
    }
}
