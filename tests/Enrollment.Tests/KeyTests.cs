using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Journeys.Protos.Definition.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Journeys and user lists are named by key wherever an id names them.</summary>
public sealed class KeyTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_list_is_read_filled_and_deleted_by_its_key()
    {
        var made = await site.Lists.CreateUserListAsync(new() { Name = "Beta testers" });
        var chosen = await site.Lists.CreateUserListAsync(new() { Name = "Others", Key = "vips" });

        Assert.Equal(("beta-testers", "vips"), (made.Key, chosen.Key));
        Assert.Equal(1, (await site.Lists.ChangeMembersAsync(new() { Id = "key:vips", Add = { "u1" } })).Added);
        Assert.Equal(["u1"], (await site.Lists.ListMembersAsync(new() { Id = chosen.Id })).UserIds);
        var taken = await Assert.ThrowsAsync<RpcException>(async () => await site.Lists.CreateUserListAsync(new() { Name = "New", Key = "vips" }));
        Assert.Equal("KEY_TAKEN", Reason(taken));
        await site.Lists.DeleteUserListAsync(new() { Id = "key:vips" });
        var gone = await Assert.ThrowsAsync<RpcException>(async () => await site.Lists.GetUserListAsync(new() { Id = "key:vips" }));
        Assert.Equal("USER_LIST_NOT_FOUND", Reason(gone));
    }

    [Fact]
    public async Task A_journey_is_entered_and_read_by_its_key_also_while_Definition_is_away()
    {
        var (userId, key) = ("u1", "key:on-boarding");
        await using (var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true))
        {
            var design = JsonParser.Default.Parse<CreateJourneyRequest>(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
            design.Name = "On boarding";
            await definition.JourneysOf(site).CreateJourneyAsync(design);
            await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = key });
            Assert.True((await site.Sdk.EnrollAsync(new() { JourneyId = key, UserId = userId })).Created);
        }

        var enrollment = Assert.Single((await site.Enrollments.ListEnrollmentsAsync(new() { JourneyId = key })).Enrollments);
        Assert.Equal(("u1", "one"), (enrollment.UserId, enrollment.CurrentNodeId));
        Assert.True((await site.Sdk.ReportProgressAsync(new() { JourneyId = key, UserId = userId, NodeId = "one" })).Applied);
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await site.Enrollments.ListEnrollmentsAsync(new() { JourneyId = "key:other" }));
        Assert.Equal(StatusCode.Unavailable, unknown.StatusCode);
    }

    static string Reason(RpcException exception) => exception.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason;
}
