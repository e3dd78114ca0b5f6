using Dapper;
using Google.Protobuf;
using Journeys.Copies;
using Npgsql;

namespace Journeys.Enrollments.Journeys;

/// <summary>Enrollment's copy of journeys, versions and audiences, as it is compared with Definition.</summary>
public sealed class JourneyCopy(NpgsqlDataSource source, ApplyJourneyChange apply) : ICopy
{
    public async Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct)
    {
        // People walk old versions too: it has come as far as it has all of them, which are numbered without a gap.
        const string sql = """
            with wanted as materialized (select * from unnest(@siteIds, @ids) as wanted (site_id, id))
            select wanted.site_id, wanted.id, journey.change_no as number,
                   (select count(*) from enrollment.journey_version version
                    where version.site_id = wanted.site_id and version.journey_id = wanted.id)::integer as version
            from wanted join enrollment.journey on journey.site_id = wanted.site_id and journey.journey_id = wanted.id
            union all
            select wanted.site_id, wanted.id, audience.revision, 0
            from wanted join enrollment.audience on audience.site_id = wanted.site_id and audience.audience_id = wanted.id
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<(Guid SiteId, Guid Id, int Number, int Version)>(new CommandDefinition(
            sql, new { siteIds = keys.Select(key => key.SiteId).ToArray(), ids = keys.Select(key => key.Id).ToArray() }, cancellationToken: ct));
        return rows.ToDictionary(row => (row.SiteId, row.Id), row => new Known(row.Number, row.Version));
    }

    public async Task DistrustAsync(Guid siteId, Guid id, int number, CancellationToken ct)
    {
        const string sql = """
            with journeys as (update enrollment.journey set change_no = 0 where site_id = @siteId and journey_id = @id and change_no = @number)
            update enrollment.audience set revision = 0 where site_id = @siteId and audience_id = @id and revision = @number
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(sql, new { siteId, id, number }, cancellationToken: ct));
    }

    public Task ApplyAsync(IMessage change, CancellationToken ct) => apply.HandleAsync(change, ct);
}
