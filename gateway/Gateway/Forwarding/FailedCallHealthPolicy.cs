using System.Collections.Concurrent;
using System.Net;
using Journeys.BuildingBlocks;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Journeys.Gateways.Forwarding;

/// <summary>Takes a replica out when a call to it breaks or runs out of time, and puts it back as soon as it answers again.</summary>
/// <remarks>One that is frozen still accepts connections, so that calls would wait in it until it is asked how it is.</remarks>
public sealed class FailedCallHealthPolicy(
    IDestinationHealthUpdater health, Wake<FailedCallHealthPolicy> wake, ILogger<FailedCallHealthPolicy> logger)
    : IPassiveHealthCheckPolicy, IChore
{
    static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Nobody but this chore puts a replica back.
    static readonly TimeSpan Never = TimeSpan.FromDays(1);

    readonly ConcurrentDictionary<DestinationState, ClusterState> without = new();

    /// <summary>Whether any replica is out at the moment.</summary>
    public bool Any => !without.IsEmpty;

    public string Name => nameof(FailedCallHealthPolicy);

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        var failure = context.Features.Get<IForwarderErrorFeature>();
        if (!IsItsFault(failure?.Error) || without.ContainsKey(destination))
            return;

        // Before it is noted: whoever finds the note puts the replica back, which must come after this.
        health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, Never);
        if (!without.TryAdd(destination, cluster))
            return;

        logger.LogWarning(
            failure!.Exception,
            "{Address} of {Cluster} failed or did not answer, so it gets no calls until it does",
            destination.Model.Config.Address,
            cluster.ClusterId);
        wake.Set();
    }

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        await Task.WhenAll(without.Select(each => LookAsync(each.Value, each.Key, ct)));
        return without.IsEmpty ? Never : Rest;
    }

    async Task LookAsync(ClusterState cluster, DestinationState destination, CancellationToken ct)
    {
        var isThere = cluster.Destinations.TryGetValue(destination.DestinationId, out var known) && known == destination;
        if (isThere && !await AnswersAsync(cluster, destination, ct))
        {
            // Once more, should it have been put back in the moment in which it was noted.
            health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, Never);
            return;
        }

        without.TryRemove(destination, out _);
        if (!isThere)
            return;

        logger.LogInformation("{Address} of {Cluster} answers again", destination.Model.Config.Address, cluster.ClusterId);
        health.SetPassive(cluster, destination, DestinationHealth.Healthy, Never);
    }

    // Whatever it says: that it is not ready is for the active checks to see.
    static async Task<bool> AnswersAsync(ClusterState cluster, DestinationState destination, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(destination.Model.Config.Address), "/health/live"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        // By TLS a replica is known by the name that it was found by, as in the calls of the proxy.
        request.Headers.Host = destination.Model.Config.Host;
        try
        {
            using var answer = await cluster.Model.HttpClient.SendAsync(request, limit.Token);
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return false;
        }
    }

    // What the client broke off or sent wrong says nothing of the replica.
    static bool IsItsFault(ForwarderError? error) => RetryMiddleware.WasCutShort(error) || error is
        ForwarderError.Request or ForwarderError.RequestTimedOut or ForwarderError.ResponseHeaders or ForwarderError.ResponseBodyDestination;
}
