using Journeys.BuildingBlocks.Databases;
using Journeys.EngineContracts;
using Journeys.Protos.Definition.V1;
using Npgsql;

namespace Journeys.Definitions.Journeys;

/// <summary>Stores which audiences designs use.</summary>
public static class AudienceUseStore
{
    /// <summary>
    /// Stores which audiences a draft, or the newest version, uses now. Audiences that do not exist are left out.
    /// </summary>
    public static Task NoteAsync(NpgsqlTransaction transaction, JourneyRow journey, Design design, bool ofDraft, CancellationToken ct)
    {
        const string sql = """
            delete from definition.audience_use
            where site_id = @SiteId and journey_id = @JourneyId and of_draft = @ofDraft;

            insert into definition.audience_use (site_id, journey_id, audience_id, of_draft)
            select site_id, @JourneyId, audience_id, @ofDraft
            from definition.audience
            where site_id = @SiteId and audience_id = any(@used)
            for share
            """;
        return transaction.ExecuteAsync(sql, new { journey.SiteId, journey.JourneyId, ofDraft, used = AudienceIds.SetOf(design).ToArray() }, ct);
    }

    /// <summary>
    /// Locks the audiences that a design uses against changes and deletion until the transaction ends.
    /// </summary>
    public static Task HoldAsync(NpgsqlTransaction transaction, Guid siteId, Design design, CancellationToken ct)
    {
        const string sql = "select from definition.audience where site_id = @siteId and audience_id = any(@used) for share";
        return transaction.ExecuteAsync(sql, new { siteId, used = AudienceIds.SetOf(design).ToArray() }, ct);
    }
}
