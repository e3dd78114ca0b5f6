using System.Net.Sockets;

namespace Journeys.Simulations;

/// <summary>Takes the calls between services to a replica that is at work, unless they get lost on the way there or back.</summary>
sealed class SimulatedNetwork(World world) : DelegatingHandler
{
    static readonly HttpMessageInvoker Wire = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var service = Enum.Parse<Service>(request.RequestUri!.Host, ignoreCase: true);
        var fate = world.Failures.OfCall(service, request.RequestUri.AbsolutePath.Split('/')[^1]);
        if (fate == Loss.OfRequest)
            throw new HttpRequestException("The simulated network lost the request.", new SocketException());

        var replica = world.Failures.Choose(world.Of(service));
        request.RequestUri = new Uri(replica.Address, request.RequestUri.PathAndQuery);
        using var inside = world.Failures.Enter(replica);
        var response = await Wire.SendAsync(request, cancellationToken);
        if (fate == Loss.None && !world.Failures.HasCrashed(replica))
            return response;

        // Its end is awaited, so that nothing of it happens later.
        await response.Content.ReadAsByteArrayAsync(cancellationToken);
        response.Dispose();
        throw new HttpRequestException("The simulated network lost the response.", new SocketException());
    }
}

/// <summary>What gets lost of a call.</summary>
enum Loss
{
    None,
    OfRequest,
    OfResponse,
}
