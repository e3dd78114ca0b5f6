using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.Protos.Enrollment.V1;
using Policies = Journeys.Protos.Definition.V1.Journey.Types.PausePolicy.Types;

namespace Journeys.Enrollments.Tests;

/// <summary>Before a journey is resumed its author sees who would go on, and after how long.</summary>
public sealed class ResumePreviewTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task People_are_counted_by_node_and_by_how_long_ago_their_wait_ended()
    {
        var journey = await site.PublishAsync(Designs.Row(
            "", Designs.Start, Designs.Content("one"), Designs.Wait("rest", "3600s"), Designs.Hold("hold", "go"), Designs.End));
        var first = service.Clock.GetUtcNow();
        // So many hours ago their hour of rest ended; that of the last is not over.
        foreach (var hours in (double[])[192, 168, 36, 24, 12, 1, 0, -0.5])
        {
            service.Clock.SetUtcNow(first.AddHours(192 - hours));
            var userId = FormattableString.Invariant($"u{hours}");
            await site.EnterAsync(journey, userId);
            await site.ReportAsync(journey, userId, "one");
        }

        service.Clock.SetUtcNow(first.AddHours(192 + 1));
        foreach (var userId in (string[])["a", "b"])
            await site.EnterAsync(journey, userId);
        await site.PauseAsync(journey);

        var preview = await PreviewAsync(journey);

        Assert.Equal(
            [
                new ResumePreview.Types.Node { NodeId = "rest", Inside = 8, OverdueHour = 2, OverdueDay = 2, OverdueWeek = 2, OverdueMore = 1 },
                new ResumePreview.Types.Node { NodeId = "one", Inside = 2 },
            ],
            preview.Nodes);
    }

    [Fact]
    public async Task Who_would_pass_content_over_or_leave_is_counted_where_the_resume_says_so()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "3600s"), Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "longest");
        service.Clock.Advance(TimeSpan.FromHours(3));
        await site.EnterAsync(journey, "long");
        service.Clock.Advance(TimeSpan.FromHours(1));
        await site.EnterAsync(journey, "not");
        await site.PauseAsync(journey);

        async Task<(int, int)> CountAsync(Policies.Late late, int hours)
        {
            var preview = await site.Enrollments.PreviewResumeAsync(
                new() { JourneyId = journey.ToString(), Policy = new() { Late = late, LateAfter = TimeSpan.FromHours(hours).ToDuration() } });
            return (preview.Skipped, preview.Ended);
        }

        service.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((2, 0), await CountAsync(Policies.Late.Skip, 0));
        Assert.Equal((1, 0), await CountAsync(Policies.Late.Skip, 1));
        Assert.Equal((0, 2), await CountAsync(Policies.Late.Exit, 0));
        Assert.Equal((0, 0), await CountAsync(Policies.Late.CatchUp, 0));
        var refusal = await Assert.ThrowsAsync<RpcException>(() => CountAsync(Policies.Late.Skip, -1));
        Assert.Equal((StatusCode.InvalidArgument, "policy.lateAfter: must be from 0 seconds to 400 days."), (refusal.StatusCode, refusal.Status.Detail));
    }

    [Fact]
    public async Task What_came_during_the_pause_is_counted_and_nothing_of_another_journey()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Hold("hold", "go"), Designs.End));
        var other = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Hold("hold", "go"), Designs.End));
        foreach (var each in (Guid[])[journey, other])
        {
            await site.EnterAsync(each, "u1");
            await site.PauseAsync(each);
            await site.ReportAsync(each, "u1", "one");
        }
        await site.ResumeAsync(other);
        await site.DoAsync("u1", "go");

        var preview = await PreviewAsync(journey);

        Assert.Equal((1, 1), (preview.HeldReports, preview.HeldEvents));
    }

    [Fact]
    public async Task A_journey_without_people_has_no_nodes() =>
        Assert.Equal(new ResumePreview(), await PreviewAsync(await site.PublishAsync(Designs.Row("", Designs.Start, Designs.End))));

    async Task<ResumePreview> PreviewAsync(Guid journey) => await site.Enrollments.PreviewResumeAsync(new() { JourneyId = journey.ToString() });
}
