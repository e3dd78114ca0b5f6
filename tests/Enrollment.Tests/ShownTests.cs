using Grpc.Core;
using Journeys.Protos.Enrollment.V1;
using Outcome = Journeys.Protos.Enrollment.V1.ReportProgressRequest.Types.Outcome;

namespace Journeys.Enrollments.Tests;

/// <summary>Pages say what appeared. It is noted once for each visit, counted, and moves nobody.</summary>
public sealed class ShownTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();
    Guid journey;

    [Fact]
    public async Task What_appeared_is_noted_once_and_moves_nobody()
    {
        var entered = await EnterAsync("u1");

        Assert.True(await ShowAsync("u1", 2));
        Assert.False(await ShowAsync("u1", 2));

        var visit = await VisitAsync(entered, 2);
        Assert.Equal((entered.EnterTime, "", ""), (visit.ShowTime, visit.NotShown, visit.Outcome));
        Assert.Equal((1, 0, 1), await CountsAsync());
        Assert.Equal("one", (await site.Enrollments.GetEnrollmentAsync(new() { JourneyId = journey.ToString(), EnrollmentId = entered.Id })).CurrentNodeId);
    }

    [Fact]
    public async Task What_appears_after_all_was_shown()
    {
        var entered = await EnterAsync("u1");

        Assert.True(await ShowAsync("u1", 2, "ELEMENT_NOT_FOUND"));
        Assert.False(await ShowAsync("u1", 2, "ELEMENT_NOT_FOUND"));
        Assert.Equal("ELEMENT_NOT_FOUND", (await VisitAsync(entered, 2)).NotShown);
        Assert.Equal((0, 1, 1), await CountsAsync());

        Assert.True(await ShowAsync("u1", 2));
        Assert.False(await ShowAsync("u1", 2, "ELEMENT_NOT_FOUND"));
        Assert.Equal("", (await VisitAsync(entered, 2)).NotShown);
        Assert.Equal((1, 0, 1), await CountsAsync());
    }

    [Fact]
    public async Task Each_visit_of_a_node_is_shown_for_itself_also_after_it()
    {
        var entered = await EnterAsync("u1");
        await ShowAsync("u1", 2);
        await site.ReportAsync(journey, "u1", "one", Outcome.Skipped);

        Assert.True(await ShowAsync("u1", 3));
        // Sooner, the same report would count as a repeat.
        await site.PassAsync(TimeSpan.FromMinutes(1));
        await site.ReportAsync(journey, "u1", "one", Outcome.Skipped);
        Assert.Null((await VisitAsync(entered, 4)).ShowTime);
        await site.ReportAsync(journey, "u1", "one");
        Assert.True(await ShowAsync("u1", 4));

        Assert.Equal((3, 0, 0), await CountsAsync());
    }

    [Fact]
    public async Task What_is_no_such_visit_changes_nothing()
    {
        var entered = await EnterAsync("u1");

        Assert.False(await ShowAsync("u1", 7));
        Assert.False(await ShowAsync("u1", 1));
        Assert.False(await ShowAsync("u1", 1, nodeId: "start"));
        Assert.False((await site.Sdk.ReportShownAsync(
            new() { JourneyId = journey.ToString(), UserId = "u1", NodeId = "one", VisitNo = 2, EnrollmentId = Guid.NewGuid().ToString() })).Recorded);

        Assert.Null((await VisitAsync(entered, 2)).ShowTime);
        var refused = await Assert.ThrowsAsync<RpcException>(() => ShowAsync("nobody", 2));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }

    async Task<Enrollment> EnterAsync(string person)
    {
        journey = await site.PublishAsync(Designs.Graph("", [Designs.Start, Designs.Content("one"), Designs.End], [("start", "", "one"), ("one", "", "end"), ("one", "skipped", "one")]));
        return (await site.EnterAsync(journey, person)).Enrollment;
    }

    async Task<bool> ShowAsync(string person, int visitNo, string notShown = "", string nodeId = "one") => (await site.Sdk.ReportShownAsync(
        new() { JourneyId = journey.ToString(), UserId = person, NodeId = nodeId, VisitNo = visitNo, NotShown = notShown })).Recorded;

    async Task<Visit> VisitAsync(Enrollment enrollment, int visitNo) =>
        (await site.Enrollments.ListVisitsAsync(new() { JourneyId = journey.ToString(), EnrollmentId = enrollment.Id })).Visits[visitNo - 1];

    async Task<(int Shown, int NotShown, int HereNow)> CountsAsync()
    {
        var one = (await site.Enrollments.GetAnalyticsAsync(new() { JourneyId = journey.ToString() })).Nodes.Single(node => node.NodeId == "one");
        return (one.Shown, one.NotShown, one.HereNow);
    }
}
