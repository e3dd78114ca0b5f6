using Dapper;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.RuleQueries;
using Journeys.Testing;
using Microsoft.Extensions.Options;
using Npgsql;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Calls of somebody whose events time out in the database are answered, with a refusal for good or a time to try again.</summary>
[Collection(ImpatientFixture.Collection)]
public sealed class SlowPersonCallTests(ImpatientFixture service) : SlowPeople(service)
{
    [Fact]
    public async Task Calls_of_who_is_slow_are_answered_and_move_what_is_sound()
    {
        var slow = await Site.WaitingAsync(settings: Goal);
        var sound = await Site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("hold", "go"), Designs.End));
        await Site.EnterAsync(sound, "u0");
        await SendAsync("u0", 8_000);

        await Site.DoAsync("u0", "go");
        await Site.IdentifyAsync("u0", traits: """{"plan": "pro"}""");

        Assert.Equal(Status.Completed, Assert.Single(await Site.EnrollmentsAsync(sound)).Status);
        Assert.Equal(slow.People[0].Id, Assert.Single(await SetAsideAsync(Site)).EnrollmentId);
    }

    [Fact]
    public async Task Of_users_of_one_call_only_who_is_slow_is_left_out()
    {
        var journey = await PeopleAsync();
        await using var source = Impatient(seconds: 2);
        var results = await EnrollBy(source, Service.Get<EnrollPeople>()).HandleAsync(
            Site.Id, journey, ["u0", "u1", "u2"], "{}", key: null, CancellationToken.None);

        Assert.Equal(["RULES_TOO_COSTLY", "", ""], results.Select(result => result.Error?.Reason ?? ""));
        Assert.Equal(["u1", "u2"], (await Site.EnrollmentsAsync(journey)).Select(one => one.UserId));
    }

    [Fact]
    public async Task Whoever_is_slow_while_the_database_is_quick_is_refused_for_good()
    {
        var journey = await PeopleAsync();
        foreach (var person in (string[])["u1", "u2"])
            await SendAsync(person, 8_000);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => Site.EnterAsync(journey, "u0"));
        var one = await Site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u0" } });
        var all = await Site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u0", "u1", "u2" } });

        Assert.Equal(("RULES_TOO_COSTLY", StatusCode.FailedPrecondition), (refusal.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason, refusal.StatusCode));
        Assert.Equal(Enumerable.Repeat("RULES_TOO_COSTLY", 4), one.Results.Concat(all.Results).Select(result => result.Error?.Reason));
        Assert.Empty(await Site.EnrollmentsAsync(journey));
    }

    [Fact]
    public async Task A_call_is_to_be_tried_again_while_the_database_is_slow_for_everybody()
    {
        var journey = await PeopleAsync();
        var matching = await AutoEnrollingAsync(Rule);
        await using (var holder = await Service.Database.OpenConnectionAsync())
        {
            await holder.ExecuteAsync("begin; lock table enrollment.event in access exclusive mode");

            foreach (var call in (Func<Task>[])
            [
                () => Site.EnterAsync(journey, "u0"),
                () => Site.IdentifyAsync("u0"),
                async () => await Site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u0" } }),
                async () => await Site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u0", "u1", "u2" } }),
            ])
            {
                var refusal = await Assert.ThrowsAsync<RpcException>(call);
                Assert.Equal(("TRY_AGAIN", StatusCode.Unavailable), (refusal.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason, refusal.StatusCode));
                Assert.NotNull(refusal.GetRpcStatus()!.GetDetail<RetryInfo>());
            }

            await holder.ExecuteAsync("rollback");
        }

        Assert.Empty(await Site.EnrollmentsAsync(journey));
        Assert.Empty(await Site.EnrollmentsAsync(matching));
    }

    [Fact]
    public async Task A_setting_says_when_the_database_is_slow_for_everybody()
    {
        var pace = new DatabasePace(Service.Database, Options.Create(new RuleOptions { PaceTimeoutMilliseconds = 10 }));
        var costly = new RulesTooCostly { InDatabase = new PostgresException("too long", "ERROR", "ERROR", PostgresErrorCodes.QueryCanceled) };
        await using var holder = await Service.Database.OpenConnectionAsync();
        await holder.ExecuteAsync("begin; lock table enrollment.event in access exclusive mode");

        await Assert.ThrowsAsync<DatabaseSlow>(() => pace.RefuseIfSlowAsync(Site.Id, costly, CancellationToken.None));

        // It waits longer where the setting says so.
        var patient = Service.Get<DatabasePace>().RefuseIfSlowAsync(Site.Id, costly, CancellationToken.None);
        await Eventually.Equal(1, () => WaitingForLongAsync(holder), "sessions that have waited for the lock for more than a second");
        await holder.ExecuteAsync("rollback");
        await patient;
    }

    static Task<long> WaitingForLongAsync(NpgsqlConnection connection) => connection.ExecuteScalarAsync<long>("""
        select count(*) from pg_locks
        where relation = 'enrollment.event'::regclass and not granted and waitstart < clock_timestamp() - interval '1 second'
        """);

    [Fact]
    public async Task A_journey_whose_rules_are_slow_for_somebody_is_left_out_and_their_calls_are_stored()
    {
        await PeopleAsync();
        var (slow, sound) = (await AutoEnrollingAsync(Rule), await AutoEnrollingAsync("""{"condition": {"field": "userId", "operator": "EQ", "value": "u0"} }"""));

        await Site.IdentifyAsync("u0", traits: """{"plan": "pro"}""");
        var recorded = await Site.DoAsync("u0", "go");

        Assert.Equal(1, recorded.Accepted);
        Assert.Contains("pro", (await Site.Profiles.GetUserAsync(new() { UserId = "u0" })).User.Traits.ToString(), StringComparison.Ordinal);
        Assert.Empty(await Site.EnrollmentsAsync(slow));
        Assert.Equal("u0", Assert.Single(await Site.EnrollmentsAsync(sound)).UserId);
    }

    [Fact]
    public async Task A_call_whose_time_is_over_answers_who_is_enrolled_and_who_was_not_tried()
    {
        var journey = await PeopleAsync();
        var all = new[] { "u0", "u1", "u2", "u3", "u4" };
        await using var source = Impatient(seconds: 2);

        var results = await EnrollBy(source, Service.Get<EnrollPeople>(), new HurriedTime(Service.Clock, TimeSpan.FromSeconds(6)))
            .HandleAsync(Site.Id, journey, all, "{}", key: null, CancellationToken.None);

        var enrolled = (await Site.EnrollmentsAsync(journey)).Select(one => one.UserId);
        Assert.Equal(["", "", "", "NOT_TRIED", "RULES_TOO_COSTLY"], results.Select(result => result.Error?.Reason ?? "").Order());
        var untried = results.Single(result => result.Error?.Reason == "NOT_TRIED");
        Assert.Contains("ran out of time", untried.Error.Message, StringComparison.Ordinal);
        Assert.Equal(all.Except(["u0", untried.UserId]), enrolled.Order());
    }

    [Theory]
    [InlineData(9_999, 1)]
    [InlineData(10_000, 0)]
    public async Task A_filter_looks_at_the_newest_10000_events_of_the_name(int newer, int matching)
    {
        const string counts = """{"event": {"name": "seen", "where": {"condition": {"field": "properties.s", "operator": "EQ", "value": "old"} } } }""";
        var audience = await Site.AudienceAsync(counts);
        await Site.IdentifyAsync("u0");
        await SendAsync("u0", 1, "old", age: 20_000);
        await SendAsync("u0", newer);
        var journey = await Site.PublishAsync(Designs.Row($"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));

        var preview = await Site.Profiles.PreviewAudienceAsync(new() { Rule = JsonParser.Default.Parse<Protos.Rule.V1.Rule>(counts) });
        await Site.IdentifyAsync("u0");

        Assert.Equal(matching, preview.Count);
        Assert.Equal(matching, (await Site.EnrollmentsAsync(journey)).Count);
    }

    async Task<Guid> AutoEnrollingAsync(string rule) => await Site.PublishAsync(Designs.Row(
        $"\"autoEnroll\": true, \"audienceId\": \"{await Site.AudienceAsync(rule)}\",", Designs.Start, Designs.Content("one"), Designs.End));
}
