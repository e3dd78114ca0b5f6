using Dapper;
using Google.Protobuf;
using Journeys.Copies;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>The Scheduler's copy of journeys and audiences, as it is compared with Definition.</summary>
public sealed class JourneyCopy(NpgsqlDataSource source, ApplyJourneyChange apply) : ICopy
{
    public async Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct)
    {
        const string sql = """
            with wanted as materialized (select * from unnest(@siteIds, @ids) as wanted (site_id, id))
            select wanted.site_id, wanted.id, journey.change_no as number, journey.version
            from wanted join scheduler.journey on journey.site_id = wanted.site_id and journey.journey_id = wanted.id
            union all
            select wanted.site_id, wanted.id, audience.revision, 0
            from wanted join scheduler.audience on audience.site_id = wanted.site_id and audience.audience_id = wanted.id
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<(Guid SiteId, Guid Id, int Number, int Version)>(new CommandDefinition(
            sql, new { siteIds = keys.Select(key => key.SiteId).ToArray(), ids = keys.Select(key => key.Id).ToArray() }, cancellationToken: ct));
        return rows.ToDictionary(row => (row.SiteId, row.Id), row => new Known(row.Number, row.Version));
    }

    public async Task DistrustAsync(Guid siteId, Guid id, int number, CancellationToken ct)
    {
        const string sql = """
            with journeys as (update scheduler.journey set change_no = 0 where site_id = @siteId and journey_id = @id and change_no = @number)
            update scheduler.audience set revision = 0 where site_id = @siteId and audience_id = @id and revision = @number
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(sql, new { siteId, id, number }, cancellationToken: ct));
    }

    public Task ApplyAsync(IMessage change, CancellationToken ct) => apply.HandleAsync(change, ct);
}
