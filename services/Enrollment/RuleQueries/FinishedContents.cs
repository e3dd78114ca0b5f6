using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Protos;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>Reads which content people finished, with the outcome.</summary>
public static class FinishedContents
{
    /// <summary>Returns the finished content among these ids, by profile.</summary>
    public static async Task<ILookup<Guid, FinishedContent>> ReadAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, string[] contentIds, CancellationToken ct)
    {
        const string sql = """
            select distinct profile_id, content_id, outcome
            from enrollment.content_outcome
            where site_id = @siteId and profile_id = any(@profileIds) and content_id = any(@contentIds)
            """;
        var rows = await transaction.QueryAsync<(Guid ProfileId, string ContentId, string Outcome)>(
            sql, new { siteId, profileIds, contentIds }, ct);
        return rows.ToLookup(row => row.ProfileId, row => new FinishedContent(row.ContentId, EnumText.Parse<ContentOutcome>(row.Outcome)));
    }
}
