using Grpc.Core;
using Journeys.Protos.Definition.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>A way to Definition on which what it says of some journeys does not come in time.</summary>
public sealed class SlowAbout(ChangeService.ChangeServiceClient way, IReadOnlySet<string> journeys) : ChangeService.ChangeServiceClient
{
    public override AsyncUnaryCall<ListNewestChangesResponse> ListNewestChangesAsync(ListNewestChangesRequest request, CallOptions options) =>
        way.ListNewestChangesAsync(request, options);

    public override AsyncUnaryCall<ListChangesResponse> ListChangesAsync(ListChangesRequest request, CallOptions options) =>
        journeys.Contains(request.Id) ? TooLate<ListChangesResponse>() : way.ListChangesAsync(request, options);

    static AsyncUnaryCall<T> TooLate<T>() => new(
        Task.FromException<T>(new RpcException(new Status(StatusCode.DeadlineExceeded, "As the test wants it."))),
        Task.FromResult(new Metadata()),
        () => Status.DefaultSuccess,
        () => [],
        () => { });
}
