using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Journeys.Protos.Enrollment.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Enrollments of a journey, by what they are filtered by.</summary>
public sealed class ListingTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task People_are_listed_by_status_and_a_status_that_is_none_is_refused()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.EnterAsync(journey, "u2");
        await site.StopAsync(journey, "u2");

        Assert.Equal(Status.Active, Assert.Single(await ListAsync(journey, Status.Active)).Status);
        Assert.Equal(2, (await ListAsync(journey, Status.Active, Status.Stopped)).Count);
        var refusal = await Assert.ThrowsAsync<RpcException>(() => ListAsync(journey, Status.Active, Status.Unspecified));
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
    }

    [Fact]
    public async Task A_version_below_0_and_a_time_that_ends_before_it_begins_are_refused()
    {
        var journey = (await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End))).ToString();
        var (early, late) = (Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch), Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddDays(1)));
        (string Field, Func<Task> Call)[] calls =
        [
            ("version", () => site.Enrollments.ListEnrollmentsAsync(new() { JourneyId = journey, Version = -1 }).ResponseAsync),
            ("until", () => site.Enrollments.ListResponsesAsync(new() { JourneyId = journey, NodeId = "one", From = late, Until = early }).ResponseAsync),
            ("until", () => site.Enrollments.SummarizeResponsesAsync(new() { JourneyId = journey, NodeId = "one", From = late, Until = early }).ResponseAsync),
        ];

        foreach (var (field, call) in calls)
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal(field, Assert.Single(refusal.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations).Field);
        }
    }

    [Fact]
    public async Task Ids_that_no_user_has_are_told_in_their_order_and_those_of_other_sites_are_not_known_here()
    {
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Known" });
        await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { "u1", "u2" } });
        var asked = new FindUnknownUsersRequest { UserIds = { "u3", "u1", "u0", "u2", "u3" } };

        Assert.Equal(["u3", "u0"], (await site.Profiles.FindUnknownUsersAsync(asked)).UserIds);
        Assert.Equal(["u3", "u1", "u0", "u2"], (await service.NewSite().Profiles.FindUnknownUsersAsync(asked)).UserIds);
        Assert.Empty((await site.Profiles.FindUnknownUsersAsync(new())).UserIds);
        foreach (var ids in (IEnumerable<string>[])[["u1", ""], Enumerable.Range(0, 20_001).Select(n => $"u{n}")])
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(async () => await site.Profiles.FindUnknownUsersAsync(new() { UserIds = { ids } }));
            Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        }
    }

    async Task<IReadOnlyList<Enrollment>> ListAsync(Guid journey, params Status[] statuses) =>
        (await site.Enrollments.ListEnrollmentsAsync(new() { JourneyId = $"{journey}", Status = { statuses } })).Enrollments;
}
