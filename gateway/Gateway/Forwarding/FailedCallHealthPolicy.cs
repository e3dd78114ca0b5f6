using System.Collections.Concurrent;
using System.Net;
using Journeys.BuildingBlocks;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Journeys.Gateways.Forwarding;

/// <summary>
/// Takes a replica out of use when a call to it breaks or times out, and puts it back as soon as it answers again.
/// </summary>
/// <remarks>
/// A frozen replica still accepts connections, so calls would wait in it until the next active check.
/// </remarks>
public sealed class FailedCallHealthPolicy(
    IDestinationHealthUpdater health, Wake<FailedCallHealthPolicy> wake, ILogger<FailedCallHealthPolicy> logger)
    : IPassiveHealthCheckPolicy, IChore
{
    static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Only this chore puts a replica back.
    static readonly TimeSpan Never = TimeSpan.FromDays(1);

    readonly ConcurrentDictionary<DestinationState, ClusterState> without = new();

    /// <summary>Whether any replica is out of use now.</summary>
    public bool Any => !without.IsEmpty;

    public string Name => nameof(FailedCallHealthPolicy);

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        var failure = context.Features.Get<IForwarderErrorFeature>();
        if (!IsItsFault(failure?.Error) || without.ContainsKey(destination))
            return;

        // Set before the replica is added to the list, because the chore puts listed replicas back, and that must come
        // later.
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
            // Set again, in case the replica was put back just when it was added to the list.
            health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, Never);
            return;
        }

        without.TryRemove(destination, out _);
        if (!isThere)
            return;

        logger.LogInformation("{Address} of {Cluster} answers again", destination.Model.Config.Address, cluster.ClusterId);
        health.SetPassive(cluster, destination, DestinationHealth.Healthy, Never);
    }

    // Any response counts as alive; readiness is left to the active checks.
    static async Task<bool> AnswersAsync(ClusterState cluster, DestinationState destination, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(destination.Model.Config.Address), "/health/live"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        // With TLS, a replica is authenticated by the name that it was found by, as in the calls of the proxy.
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

    // A request that the client cancelled or sent wrong says nothing about the replica.
    static bool IsItsFault(ForwarderError? error) => RetryMiddleware.WasCutShort(error) || error is
        ForwarderError.Request or ForwarderError.RequestTimedOut or ForwarderError.ResponseHeaders or ForwarderError.ResponseBodyDestination;
}
