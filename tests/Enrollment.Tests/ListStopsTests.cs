using Grpc.Core;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>The stops of a journey can be listed and read: who made them, when, why, and what has become of them.</summary>
public sealed class ListStopsTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Stops_are_listed_page_by_page_newest_first()
    {
        var (journey, other) = (await JourneyAsync(people: 2), await JourneyAsync(people: 1));
        var made = new List<string>();
        for (var n = 0; n < 5; n++)
        {
            service.Clock.Advance(TimeSpan.FromSeconds(1));
            made.Insert(0, await StopAsync(journey, $"reason {n}"));
        }

        await StopAsync(other, "another journey");

        var pages = new List<string[]>();
        for (var token = ""; pages.Count == 0 || token.Length > 0;)
        {
            var page = await site.Stops.ListStopsAsync(new() { JourneyId = $"{journey}", PageSize = 2, PageToken = token });
            pages.Add([.. page.Stops.Select(stop => stop.Id)]);
            token = page.NextPageToken;
        }

        Assert.Equal([made[..2], made[2..4], made[4..]], pages.Select(page => page.ToList()));
    }

    [Fact]
    public async Task A_stop_says_who_made_it_when_and_why_and_how_far_its_job_is()
    {
        var journey = await JourneyAsync(people: 4);
        var request = new CreateStopRequest { JourneyId = $"{journey}", Selection = new() { NodeIds = { "one" }, Versions = { 1 } }, Reason = "wrong plan" };
        var id = (await site.Stops.CreateStopAsync(request)).Id;

        var read = await site.Stops.GetStopAsync(new() { JourneyId = $"{journey}", StopId = id });

        Assert.Equal(
            (id, $"{journey}", "wrong plan", 4, service.Clock.GetUtcNow()),
            (read.Id, read.JourneyId, read.Reason, read.People, read.CreateTime.ToDateTimeOffset()));
        Assert.NotEmpty(read.CreatedBy);
        Assert.Equal(["one"], read.NodeIds);
        Assert.Equal([1], read.Versions);
        Assert.Equal((id, 4, 2), (read.Job.Id, read.Job.Total, read.Job.Changed));
        Assert.Equal([read], (await site.Stops.ListStopsAsync(new() { JourneyId = $"{journey}" })).Stops);
    }

    [Fact]
    public async Task A_stop_whose_job_was_not_started_is_listed_without_one()
    {
        var journey = await JourneyAsync(people: 1);
        service.Desk.IsOlder = true;
        await Assert.ThrowsAsync<RpcException>(() => StopAsync(journey, "enough"));
        service.Desk.IsOlder = false;

        Assert.Null(Assert.Single((await site.Stops.ListStopsAsync(new() { JourneyId = $"{journey}" })).Stops).Job);
    }

    [Fact]
    public async Task A_stop_of_another_journey_or_site_is_not_found()
    {
        var (journey, other) = (await JourneyAsync(people: 1), await JourneyAsync(people: 1));
        var id = await StopAsync(other, "enough");
        var neighbor = new TestSite(service);
        var foreign = await neighbor.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var foreignId = (await neighbor.Stops.CreateStopAsync(new() { JourneyId = $"{foreign}", Selection = new() { All = true }, Reason = "enough" })).Id;

        foreach (var wrong in new[] { id, foreignId, $"{Guid.NewGuid()}" })
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => site.Stops.GetStopAsync(new() { JourneyId = $"{journey}", StopId = wrong }).ResponseAsync);
            Assert.Equal((StatusCode.NotFound, "STOP_NOT_FOUND"), (refused.StatusCode, ReasonOf(refused)));
        }

        Assert.Empty((await site.Stops.ListStopsAsync(new() { JourneyId = $"{journey}" })).Stops);
    }

    [Fact]
    public async Task Bad_input_is_refused_with_its_field()
    {
        var journey = await JourneyAsync(people: 0);

        foreach (var (call, field) in new (Func<Task>, string)[]
        {
            (() => site.Stops.ListStopsAsync(new() { JourneyId = "x" }).ResponseAsync, "journeyId"),
            (() => site.Stops.ListStopsAsync(new() { JourneyId = $"{journey}", PageSize = -1 }).ResponseAsync, "pageSize"),
            (() => site.Stops.ListStopsAsync(new() { JourneyId = $"{journey}", PageToken = "x" }).ResponseAsync, "pageToken"),
            (() => site.Stops.GetStopAsync(new() { JourneyId = $"{journey}", StopId = "x" }).ResponseAsync, "stopId"),
        })
        {
            var refused = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal(field, refused.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations[0].Field);
        }
    }

    async Task<Guid> JourneyAsync(int people)
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        if (people > 0)
            await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", UserIds = { Enumerable.Range(0, people).Select(n => $"u{n}") } });
        return journey;
    }

    async Task<string> StopAsync(Guid journey, string reason) =>
        (await site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = reason })).Id;

    static string ReasonOf(RpcException exception) => exception.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;
}
