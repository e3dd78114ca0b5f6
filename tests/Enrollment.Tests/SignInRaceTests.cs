using Dapper;
using Google.Protobuf.WellKnownTypes;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Npgsql;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Others enroll people without asking them. Whoever signs in at the same moment loses nothing by it.</summary>
public sealed class SignInRaceTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Pro = """{"plan": "pro"}""";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Whom_a_sweep_lets_in_as_a_visitor_has_that_enrollment_as_a_user()
    {
        await site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor1", Traits = new() { Fields = { ["plan"] = Value.ForString("pro") } } });
        var journey = await AutoEnrollingAsync("\"allowAnonymous\": true,");

        await using var stop = await StopBeforeCommitAsync();
        var sweeping = site.RunJobAsync(Job.Types.Kind.AudienceSweep, journey);
        await WaitersAsync(1);
        var identifying = site.IdentifyAsync("u1", "visitor1");
        await WaitersAsync(2);
        await stop.CommitAsync();

        Assert.Equal(1, await sweeping);
        Assert.True((await identifying).Merged);
        Assert.Equal(["u1"], await OwnersAsync());
        Assert.Equal("AUDIENCE sweep", await EntryAsync(journey));
    }

    [Fact]
    public async Task Whom_a_backend_enrolls_meanwhile_still_enters_what_their_traits_call_for()
    {
        var both = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        var owed = await AutoEnrollingAsync("");
        await site.EnterAsync(both, "visitor1");
        await site.IdentifyAsync("u1");

        await using var stop = await StopBeforeCommitAsync();
        var enrolling = site.Enrollments.EnrollUsersAsync(new() { JourneyId = both.ToString(), UserIds = { "u1" } }).ResponseAsync;
        await WaitersAsync(1);
        var identifying = site.IdentifyAsync("u1", "visitor1", Pro);
        await WaitersAsync(2);
        await stop.CommitAsync();

        Assert.True((await enrolling).Results[0].Created);
        Assert.True((await identifying).Merged);
        Assert.Equal("u1", Assert.Single(await site.EnrollmentsAsync(owed)).UserId);
        Assert.Equal([Status.Active, Status.Archived], (await site.EnrollmentsAsync(both)).Select(one => one.Status).Order());
    }

    // A journey for everybody whose plan is `pro`.
    async Task<Guid> AutoEnrollingAsync(string more)
    {
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""");
        return await site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\", {more}", Designs.Start, Designs.Content("one"), Designs.End));
    }

    // Whoever enrolls somebody stops between the enrollment and its first visit, until this commits.
    async Task<NpgsqlTransaction> StopBeforeCommitAsync()
    {
        var connection = await service.Database.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("lock table enrollment.visit in share mode", transaction: transaction);
        return transaction;
    }

    Task WaitersAsync(int count) => Eventually.Equal(count, service.Database.CountWaitersAsync, "sessions that wait for a lock");

    async Task<IEnumerable<string>> OwnersAsync()
    {
        const string sql = """
            select case when p.profile_id is null then 'nobody' else p.user_id end
            from enrollment.enrollment e
            left join enrollment.profile p on p.site_id = e.site_id and p.profile_id = e.profile_id
            where e.site_id = @Id
            """;

        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.QueryAsync<string>(sql, new { site.Id });
    }

    async Task<string?> EntryAsync(Guid journeyId)
    {
        const string sql = """
            select e.source || ' ' || v.cause
            from enrollment.enrollment e
            join enrollment.visit v on v.site_id = e.site_id and v.enrollment_id = e.enrollment_id and v.visit_no = 1
            where e.journey_id = @journeyId
            """;

        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<string>(sql, new { journeyId });
    }
}
