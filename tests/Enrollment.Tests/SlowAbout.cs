using System.Collections.Concurrent;
using Grpc.Core;
using Journeys.Protos.Definition.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>A way to Definition on which what it says of some journeys does not come in time, or is a failure.</summary>
public sealed class SlowAbout(ChangeService.ChangeServiceClient way, IReadOnlySet<string> journeys, IReadOnlySet<string>? broken = null)
    : ChangeService.ChangeServiceClient
{
    /// <summary>How often it was asked for everything.</summary>
    public int Listings { get; private set; }

    /// <summary>Of which journeys it was asked, in this order.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    public override AsyncUnaryCall<ListNewestChangesResponse> ListNewestChangesAsync(ListNewestChangesRequest request, CallOptions options)
    {
        Listings++;
        return way.ListNewestChangesAsync(request, options);
    }

    public override AsyncUnaryCall<ListChangesResponse> ListChangesAsync(ListChangesRequest request, CallOptions options)
    {
        Asked.Enqueue(request.Id);
        if (broken?.Contains(request.Id) == true)
            return Failed<ListChangesResponse>(StatusCode.Internal);
        if (journeys.Contains(request.Id))
            return Failed<ListChangesResponse>(StatusCode.DeadlineExceeded);
        return way.ListChangesAsync(request, options);
    }

    static AsyncUnaryCall<T> Failed<T>(StatusCode code) => new(
        Task.FromException<T>(new RpcException(new Status(code, "As the test wants it."))),
        Task.FromResult(new Metadata()),
        () => Status.DefaultSuccess,
        () => [],
        () => { });
}
