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

    async Task<IReadOnlyList<Enrollment>> ListAsync(Guid journey, params Status[] statuses) =>
        (await site.Enrollments.ListEnrollmentsAsync(new() { JourneyId = $"{journey}", Status = { statuses } })).Enrollments;
}
