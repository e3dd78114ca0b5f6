namespace Journeys.Ledgers.Checks;

/// <summary>Finds the running jobs of one kind.</summary>
public static class RunningJobs
{
    /// <summary>Returns the journeys with a running job of this kind.</summary>
    public static Task<Guid[]> JourneysAsync(DatabaseSnapshot scheduler, string kind, CancellationToken ct)
    {
        const string sql = """
            select journey_id
            from scheduler.job
            where status = 'RUNNING' and kind = @kind and journey_id is not null and (@site is null or site_id = @site)
            """;
        return ListAsync(scheduler, sql, kind, ct);
    }

    /// <summary>Returns the running jobs of this kind.</summary>
    public static Task<Guid[]> IdsAsync(DatabaseSnapshot scheduler, string kind, CancellationToken ct)
    {
        const string sql = """
            select job_id
            from scheduler.job
            where status = 'RUNNING' and kind = @kind and (@site is null or site_id = @site)
            """;
        return ListAsync(scheduler, sql, kind, ct);
    }

    static async Task<Guid[]> ListAsync(DatabaseSnapshot scheduler, string sql, string kind, CancellationToken ct)
    {
        var ids = new List<Guid>();
        await foreach (var row in scheduler.ReadAsync(sql, ct, new Npgsql.NpgsqlParameter("kind", kind)))
            ids.Add(row.GetGuid(0));
        return [.. ids];
    }
}
