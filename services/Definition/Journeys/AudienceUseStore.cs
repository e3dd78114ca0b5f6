using Journeys.BuildingBlocks.Databases;
using Journeys.EngineContracts;
using Journeys.Protos.Definition.V1;
using Npgsql;

namespace Journeys.Definitions.Journeys;

/// <summary>Which audiences designs use.</summary>
public static class AudienceUseStore
{
    /// <summary>Notes what a draft, or the newest version, uses now. Audiences that do not exist are left out.</summary>
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

    /// <summary>Keeps the audiences that a design uses from being changed or deleted until the transaction ends.</summary>
    public static Task HoldAsync(NpgsqlTransaction transaction, Guid siteId, Design design, CancellationToken ct)
    {
        const string sql = "select from definition.audience where site_id = @siteId and audience_id = any(@used) for share";
        return transaction.ExecuteAsync(sql, new { siteId, used = AudienceIds.SetOf(design).ToArray() }, ct);
    }
}
