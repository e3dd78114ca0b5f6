using Grpc.Core;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Named, static sets of users, and enrolling by name or by list.</summary>
public sealed class UserListTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_hundred_thousand_members_are_added_in_five_calls_and_paged_through()
    {
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Everybody" });

        foreach (var some in Enumerable.Range(0, 100_000).Select(Uuid).Chunk(20_000))
        {
            var request = new ChangeMembersRequest { Id = list.Id, Add = { some } };
            // As JSON each id has quotes and a comma; the gateway takes 1 MiB.
            Assert.True(some.Sum(id => id.Length + 3) < 1024 * 1024);
            Assert.Equal(20_000, (await site.Lists.ChangeMembersAsync(request)).Added);
        }

        Assert.Equal(100_000, (await site.Lists.GetUserListAsync(new() { Id = list.Id })).Members);
        var first = await site.Lists.ListMembersAsync(new() { Id = list.Id, PageSize = 200 });
        var second = await site.Lists.ListMembersAsync(new() { Id = list.Id, PageSize = 200, PageToken = first.NextPageToken });
        Assert.Equal(100_000, first.TotalSize);
        Assert.Equal(Enumerable.Range(0, 400).Select(Uuid), first.UserIds.Concat(second.UserIds));

        var left = await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Remove = { Enumerable.Range(0, 20_000).Select(Uuid) } });
        Assert.Equal((20_000, 80_000), (left.Removed, left.Members));
    }

    [Fact]
    public async Task Members_are_counted_right_under_racing_calls()
    {
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Racers" });

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(n => site.Lists.ChangeMembersAsync(new()
        {
            Id = list.Id,
            Add = { Enumerable.Range(0, 50).Select(i => $"u{((n % 4) * 25) + i}") },
            Remove = { $"u{200 + n}" },
        }).ResponseAsync));

        var members = (await site.Lists.GetUserListAsync(new() { Id = list.Id })).Members;
        Assert.Equal((125, 125), (members, answers.Sum(answer => answer.Added)));
        Assert.Equal(125, (await site.Lists.ListMembersAsync(new() { Id = list.Id, PageSize = 200 })).UserIds.Count);
    }

    [Fact]
    public async Task Unknown_users_become_known_and_removing_leaves_them_known()
    {
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Some" });

        var added = await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { "u1", "u2", "u1" } });
        var removed = await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Remove = { "u1", "nobody" } });

        Assert.Equal((2, 2), (added.Added, added.Members));
        Assert.Equal((1, 1), (removed.Removed, removed.Members));
        Assert.Equal(["u1", "u2"], (await site.Profiles.ListUsersAsync(new())).Users.Select(user => user.UserId).Order());
        Assert.Empty((await site.Profiles.GetUserAsync(new() { UserId = "u1" })).UserLists);
    }

    [Fact]
    public async Task A_list_is_renamed_searched_for_and_deleted()
    {
        var (one, two) = (await site.Lists.CreateUserListAsync(new() { Name = "Beta one" }), await site.Lists.CreateUserListAsync(new() { Name = "Two" }));
        await site.Lists.ChangeMembersAsync(new() { Id = one.Id, Add = { "u1" } });

        await RefusedAsync(StatusCode.AlreadyExists, () => site.Lists.CreateUserListAsync(new() { Name = "Two" }));
        await RefusedAsync(StatusCode.AlreadyExists, () => site.Lists.UpdateUserListAsync(new() { Id = one.Id, Name = "Two" }));
        var renamed = await site.Lists.UpdateUserListAsync(new() { Id = one.Id, Name = "Alpha" });
        Assert.Equal(("Alpha", 1), (renamed.Name, renamed.Members));
        Assert.Equal(["Alpha"], (await site.Lists.ListUserListsAsync(new() { Search = "ALPH" })).UserLists.Select(list => list.Name));
        var page = await site.Lists.ListUserListsAsync(new() { PageSize = 1 });
        Assert.Equal(("Alpha", 2), (page.UserLists.Single().Name, page.TotalSize));
        Assert.Equal("Two", (await site.Lists.ListUserListsAsync(new() { PageSize = 1, PageToken = page.NextPageToken })).UserLists.Single().Name);

        await site.Lists.DeleteUserListAsync(new() { Id = one.Id });
        await RefusedAsync(StatusCode.NotFound, () => site.Lists.GetUserListAsync(new() { Id = one.Id }));
        await RefusedAsync(StatusCode.NotFound, () => site.Lists.ChangeMembersAsync(new() { Id = one.Id, Add = { "u1" } }));
        Assert.NotNull((await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User);
        Assert.Equal(two.Id, Assert.Single((await site.Lists.ListUserListsAsync(new())).UserLists).Id);
    }

    [Fact]
    public async Task A_creating_call_that_is_repeated_gives_the_first_answer()
    {
        var first = await site.Lists.CreateUserListAsync(new() { Name = "Once", RequestId = "r1" });
        var second = await site.Lists.CreateUserListAsync(new() { Name = "Once", RequestId = "r1" });

        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Bad_changes_of_members_are_refused_whole()
    {
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Some" });

        await RefusedAsync(StatusCode.InvalidArgument, () => site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { "u1", "" } }));
        await RefusedAsync(StatusCode.InvalidArgument, () => site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { "u1" }, Remove = { "u1" } }));
        await RefusedAsync(StatusCode.InvalidArgument, () => site.Lists.ChangeMembersAsync(
            new() { Id = list.Id, Add = { Enumerable.Range(0, 20_001).Select(n => $"u{n}") } }));

        Assert.Empty((await site.Profiles.ListUsersAsync(new())).Users);
    }

    [Fact]
    public async Task Up_to_a_thousand_users_are_enrolled_by_name_with_a_result_for_each()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u7" } });

        var answer = await site.Enrollments.EnrollUsersAsync(
            new() { JourneyId = journey.ToString(), UserIds = { Enumerable.Range(0, 1_000).Select(n => $"u{n}").Append("u7").Take(1_000) } });

        Assert.Equal(Enumerable.Range(0, 1_000).Select(n => $"u{n}"), answer.Results.Select(result => result.UserId));
        Assert.Equal("u7", Assert.Single(answer.Results, result => !result.Created).UserId);
        Assert.All(answer.Results, result => Assert.Equal("one", result.Enrollment.CurrentNodeId));
        await RefusedAsync(StatusCode.InvalidArgument, () => site.Enrollments.EnrollUsersAsync(
            new() { JourneyId = journey.ToString(), UserIds = { Enumerable.Range(0, 1_001).Select(n => $"u{n}") } }));
        await RefusedAsync(StatusCode.InvalidArgument, () => site.Enrollments.EnrollUsersAsync(
            new() { JourneyId = journey.ToString(), UserIds = { "u1" }, ListId = $"{Guid.Empty}" }));
        await RefusedAsync(StatusCode.NotFound, () => site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), ListId = $"{Guid.Empty}" }));
    }

    [Fact]
    public async Task A_list_is_enrolled_by_a_job_that_shows_its_progress_and_can_be_cancelled()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service, "--Scheduler:PeoplePerChunk=50");
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Some" });
        await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { Enumerable.Range(0, 120).Select(n => $"u{n:000}") } });
        var request = new EnrollUsersRequest { JourneyId = journey.ToString(), ListId = list.Id, RequestId = "once" };

        var job = (await site.Enrollments.EnrollUsersAsync(request)).Job;
        var again = (await site.Enrollments.EnrollUsersAsync(request)).Job;
        Assert.Equal((job.Id, Job.Types.Status.Running, 0, 120), (again.Id, job.Status, job.Done, job.Total));
        await scheduler.SendAsync();
        var under = await scheduler.JobsOf(site).GetJobAsync(new() { Id = job.Id });
        Assert.Equal((50, 50, 120), (under.Done, under.Changed, under.Total));
        await scheduler.JobsOf(site).CancelJobAsync(new() { Id = job.Id });
        await scheduler.PumpAsync();

        Assert.Equal(50, (await site.EnrollmentsAsync(journey)).Count);
        var rest = (await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), ListId = list.Id })).Job;
        await scheduler.PumpAsync();
        var done = await scheduler.JobsOf(site).GetJobAsync(new() { Id = rest.Id });
        Assert.Equal((Job.Types.Status.Completed, 120, 70), (done.Status, done.Done, done.Changed));
        Assert.Equal(120, (await site.EnrollmentsAsync(journey)).Count);
    }

    static string Uuid(int n) => $"00000000-0000-4000-8000-{n:000000000000}";

    static async Task RefusedAsync<T>(StatusCode code, Func<AsyncUnaryCall<T>> call)
    {
        var problem = await Assert.ThrowsAsync<RpcException>(() => call().ResponseAsync);
        Assert.Equal(code, problem.StatusCode);
    }
}
