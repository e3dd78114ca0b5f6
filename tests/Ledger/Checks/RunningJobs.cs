namespace Journeys.Ledgers.Checks;

/// <summary>Finds the journeys that jobs of one kind are processing.</summary>
public static class RunningJobs
{
    /// <summary>Returns the journeys with a running job of this kind.</summary>
    public static async Task<Guid[]> JourneysAsync(DatabaseSnapshot scheduler, string kind, CancellationToken ct)
    {
        const string sql = """
            select journey_id
            from scheduler.job
            where status = 'RUNNING' and kind = @kind and journey_id is not null and (@site is null or site_id = @site)
            """;

        var journeys = new List<Guid>();
        await foreach (var row in scheduler.ReadAsync(sql, ct, new Npgsql.NpgsqlParameter("kind", kind)))
            journeys.Add(row.GetGuid(0));
        return [.. journeys];
    }
}
