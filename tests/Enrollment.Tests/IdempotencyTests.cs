using Dapper;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Options.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>A call that is repeated under its request id does nothing more, and one under a used id says so.</summary>
public sealed class IdempotencyTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_repeated_enrolling_begins_no_other_attempt()
    {
        var journey = await PublishAsync();
        var request = new EnrollUsersRequest { JourneyId = $"{journey}", UserIds = { "u1", "u2" }, RequestId = "r1" };

        var first = await site.Enrollments.EnrollUsersAsync(request);
        await site.ReportAsync(journey, "u1", "one");
        var again = await site.Enrollments.EnrollUsersAsync(request);

        Assert.Equal(2, (await site.EnrollmentsAsync(journey)).Count);
        Assert.Equal(first.Results.Select(Described), again.Results.Select(Described));
        Assert.Equal(Enrollment.Types.Status.Completed, again.Results[0].Enrollment.Status);
    }

    [Fact]
    public async Task Repeats_that_race_enroll_once_and_all_get_the_first_answer()
    {
        var journey = await PublishAsync();
        var request = new EnrollUsersRequest { JourneyId = $"{journey}", UserIds = { "u1" }, RequestId = "r1" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => site.Enrollments.EnrollUsersAsync(request).ResponseAsync));

        Assert.Single(answers.Select(answer => Described(answer.Results[0])).Distinct());
        Assert.True(answers[0].Results[0].Created);
    }

    [Fact]
    public async Task A_repeat_gets_its_answer_also_when_the_journey_takes_nobody_any_more()
    {
        var journey = await PublishAsync();
        var request = new EnrollUsersRequest { JourneyId = $"{journey}", UserIds = { "u1" }, RequestId = "r1" };
        var first = await site.Enrollments.EnrollUsersAsync(request);

        await site.PauseAsync(journey);
        var again = await site.Enrollments.EnrollUsersAsync(request);

        Assert.Equal(Described(first.Results[0]), Described(again.Results[0]));
    }

    [Fact]
    public async Task The_sdk_may_repeat_entering_and_stopping()
    {
        var journey = await PublishAsync();
        var enter = new EnrollRequest { JourneyId = $"{journey}", UserId = "u1", RequestId = "r1" };
        var stop = new StopRequest { JourneyId = $"{journey}", UserId = "u1", RequestId = "r1" };

        var first = await site.Sdk.EnrollAsync(enter);
        await site.Sdk.StopAsync(stop);
        var repeated = await site.Sdk.EnrollAsync(enter);
        var second = await site.EnterAsync(journey, "u1");
        var late = await site.Sdk.StopAsync(stop);

        Assert.Equal((first.Enrollment.Id, true), (repeated.Enrollment.Id, repeated.Created));
        Assert.Equal((first.Enrollment.Id, 2), (late.Enrollment.Id, second.Enrollment.Attempt));
        Assert.Equal(
            [Enrollment.Types.Status.Stopped, Enrollment.Types.Status.Active],
            (await site.EnrollmentsAsync(journey)).OrderBy(e => e.Attempt).Select(e => e.Status));
    }

    [Fact]
    public async Task A_page_takes_no_request_id_of_anybody_else()
    {
        var journey = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        var backend = new SdkService.SdkServiceClient(site.As(Access.Types.Role.Editor));
        await site.Sdk.EnrollAsync(new() { JourneyId = $"{journey}", AnonymousId = "visitor1", RequestId = "order-1001" });
        await site.Sdk.StopAsync(new() { JourneyId = $"{journey}", AnonymousId = "visitor1", RequestId = "leave-u1" });

        var ofBackend = await backend.EnrollAsync(new() { JourneyId = $"{journey}", UserId = "u1", RequestId = "order-1001" });
        var ofAnother = await site.Sdk.EnrollAsync(new() { JourneyId = $"{journey}", UserId = "u2", RequestId = "order-1001" });
        var stopped = await site.Sdk.StopAsync(new() { JourneyId = $"{journey}", UserId = "u1", RequestId = "leave-u1" });

        Assert.Equal((true, true), (ofBackend.Created, ofAnother.Created));
        Assert.Equal(Enrollment.Types.Status.Stopped, stopped.Enrollment.Status);
        var repeated = await Assert.ThrowsAsync<RpcException>(() => site.Sdk.EnrollAsync(
            new() { JourneyId = $"{Guid.CreateVersion7()}", AnonymousId = "visitor1", RequestId = "order-1001" }).ResponseAsync);
        Assert.Equal(StatusCode.AlreadyExists, repeated.StatusCode);
    }

    [Fact]
    public async Task Calls_of_different_kinds_may_use_the_same_request_id()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var journey = await PublishAsync();
        var list = await site.Lists.CreateUserListAsync(new() { Name = "First" });

        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", ListId = list.Id, RequestId = "spring" });
        var second = await site.Lists.CreateUserListAsync(new() { Name = "Second", RequestId = "spring" });

        Assert.Equal("Second", second.Name);
    }

    [Fact]
    public async Task Another_request_under_a_used_id_is_refused_and_changes_nothing()
    {
        var journey = await PublishAsync();
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", UserIds = { "u1" }, RequestId = "r1" });
        await site.Lists.CreateUserListAsync(new() { Name = "One", RequestId = "r1" });

        await ReusedAsync(() => site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", UserIds = { "u2" }, RequestId = "r1" }));
        await ReusedAsync(() => site.Lists.CreateUserListAsync(new() { Name = "Two", RequestId = "r1" }));

        Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Single((await site.Lists.ListUserListsAsync(new())).UserLists);
        Assert.Equal("Two", (await service.NewSite().Lists.CreateUserListAsync(new() { Name = "Two", RequestId = "r1" })).Name);
    }

    [Fact]
    public async Task The_header_does_what_the_field_does()
    {
        var first = await site.Lists.CreateUserListAsync(new() { Name = "One" }, Header());
        var again = await site.Lists.CreateUserListAsync(new() { Name = "One", RequestId = "r1" });
        var contradiction = await Assert.ThrowsAsync<RpcException>(
            () => site.Lists.CreateUserListAsync(new() { Name = "Two", RequestId = "r2" }, Header()).ResponseAsync);

        Assert.Equal(first.Id, again.Id);
        Assert.Equal(StatusCode.InvalidArgument, contradiction.StatusCode);

        static Metadata Header() => new() { { "idempotency-key", "\"r1\"" } };
    }

    [Fact]
    public async Task Events_without_ids_are_recorded_once_under_a_key()
    {
        var request = new RecordEventsRequest
        {
            UserId = "u1",
            Events =
            {
                new Event { Name = "bought", Properties = Properties("""{"book": 1, "pen": 2}""") },
                new Event { Name = "bought", Properties = Properties("""{"book": 1, "pen": 2}""") },
                new Event { Name = "left", Id = "own" },
            },
        };
        var again = request.Clone();
        again.Events[0].Properties = Properties("""{"pen": 2, "book": 1}""");
        var others = request.Clone();
        others.UserId = "u2";
        var changed = request.Clone();
        changed.Events[0].Name = "returned";

        var first = await RecordAsync(request, "r1");
        var repeated = await RecordAsync(again, "r1");
        var fresh = await RecordAsync(request, "r2");
        var elsewhere = await RecordAsync(others, "r1");
        // What was not recorded is, however careless the choice of the key.
        var another = await RecordAsync(changed, "r1");

        Assert.Equal((3, 0), first);
        Assert.Equal((0, 3), repeated);
        Assert.Equal((2, 1), fresh);
        Assert.Equal((3, 0), elsewhere);
        Assert.Equal((1, 2), another);

        async Task<(int, int)> RecordAsync(RecordEventsRequest request, string key)
        {
            var answer = await site.Sdk.RecordEventsAsync(request, new Metadata { { "idempotency-key", key } });
            return (answer.Accepted, answer.Duplicates);
        }

        static Struct Properties(string json) => JsonParser.Default.Parse<Struct>(json);
    }

    [Fact]
    public async Task Requests_are_remembered_for_a_day()
    {
        var journey = await PublishAsync();
        var request = new EnrollUsersRequest { JourneyId = $"{journey}", UserIds = { "u1" }, RequestId = "r1" };
        await site.Enrollments.EnrollUsersAsync(request);
        await site.StopAsync(journey, "u1");
        await AgeAsync("24 hours");

        Assert.Equal(2, (await site.Enrollments.EnrollUsersAsync(request)).Results[0].Enrollment.Attempt);
        await AgeAsync("23 hours 59 minutes");
        await service.Get<ForgetRequests>().RunOnceAsync(CancellationToken.None);
        Assert.Equal(1, await CountAsync());
        await AgeAsync("1 minute");
        await service.Get<ForgetRequests>().RunOnceAsync(CancellationToken.None);
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task What_was_answered_of_an_erased_person_is_not_answered_again()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var journey = await PublishAsync();
        var request = new EnrollUsersRequest { JourneyId = $"{journey}", UserIds = { "u1" }, RequestId = "r1" };
        await site.Enrollments.EnrollUsersAsync(request);

        await site.Profiles.EraseUserAsync(new() { UserId = "u1" });

        Assert.Equal("ERASED", Assert.Single((await site.Enrollments.EnrollUsersAsync(request)).Results).Error.Reason);
    }

    static (string, string, bool) Described(EnrollUsersResponse.Types.Result result) => (result.UserId, result.Enrollment.Id, result.Created);

    Task<Guid> PublishAsync() => site.PublishAsync(
        Designs.Row("\"reEnrollment\": \"ALWAYS\",", Designs.Start, Designs.Content("one"), Designs.End));

    async Task AgeAsync(string by)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "update enrollment.idempotency_key set created_at = created_at - @by::interval where site_id = @siteId", new { by, siteId = site.Id });
    }

    async Task<int> CountAsync()
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(
            "select count(*) from enrollment.idempotency_key where site_id = @siteId", new { siteId = site.Id });
    }

    static async Task ReusedAsync<T>(Func<AsyncUnaryCall<T>> call)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() => call().ResponseAsync);
        Assert.Equal((StatusCode.AlreadyExists, "REQUEST_ID_REUSED"), (refusal.StatusCode, refusal.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason));
    }
}
