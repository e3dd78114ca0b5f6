using Dapper;
using Journeys.Testing;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions.Tests;

/// <summary>What Enrollment has not acknowledged is told again until it has. There is no Enrollment here.</summary>
public sealed class TellEnrollmentTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    [Fact]
    public async Task Halts_that_are_not_acknowledged_keep_neither_audiences_nor_pauses_from_being_told_again()
    {
        for (var site = 0; site < 5; site++)
        {
            var admin = definition.As(Guid.CreateVersion7(), Role.Admin);
            await admin.Halts.HaltSiteAsync(new() { Id = admin.SiteId.ToString() });
        }

        var author = definition.NewSite();
        await author.AudienceAsync("Pros");
        var journey = await author.JourneyAsync(Status.Published);
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id });
        await ExecuteAsync("update definition.move set tried_at = null; update definition.audience_change set tried_at = null");

        await Eventually.Equal((1L, 1L), TriedAsync, "an audience and a pause that were told again");

        async Task<(long, long)> TriedAsync()
        {
            await using var connection = await definition.Database.OpenConnectionAsync();
            return await connection.QuerySingleAsync<(long, long)>(
                """
                select (select count(*) from definition.audience_change where site_id = @SiteId and tried_at is not null),
                       (select count(*) from definition.move where site_id = @SiteId and kind = 'PAUSED' and tried_at is not null)
                """,
                new { author.SiteId });
        }
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await definition.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
