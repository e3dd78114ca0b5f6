using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Journeys.Access;
using Journeys.Access.Callers;
using Journeys.BuildingBlocks;
using Journeys.Gateways.Problems;
using Journeys.Gateways.Routing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Gateways.Admissions;

/// <summary>
/// The open streams of this replica: limited in number, and ended when their key, session or token becomes invalid.
/// </summary>
public sealed class OpenStreams(Admission admission, IOptions<StreamOptions> options, ILogger<OpenStreams> logger) : IChore
{
    /// <summary>
    /// How often each stream is checked again. A cached key can be <see cref="AccessOptions.CacheSeconds"/> older.
    /// </summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    static readonly TimeSpan ComeBackAfter = TimeSpan.FromSeconds(30);

    readonly ConcurrentDictionary<StreamTicket, byte> open = new();
    readonly Dictionary<string, int> counts = [];

    public int Count => open.Count;

    /// <exception cref="GatewayError">The maximum number of open streams is reached.</exception>
    public StreamTicket Open(HttpContext context, CallRoute route, Admitted admitted, Credentials credentials, IMessage? message)
    {
        var limits = LimitsOf(context, admitted, message);
        lock (counts)
        {
            foreach (var (name, most, what) in limits)
            {
                if (counts.GetValueOrDefault(name) >= most)
                    throw TooMany(what);
            }

            foreach (var (name, _, _) in limits)
                counts[name] = counts.GetValueOrDefault(name) + 1;
        }

        var stream = new StreamTicket(context, route, admitted, credentials, message, [.. limits.Select(limit => limit.Name)], Close);
        open[stream] = 0;
        return stream;
    }

    static GatewayError TooMany(string what) =>
        new(StatusCode.ResourceExhausted, "TOO_MANY_STREAMS", $"{what} has too many open streams.")
        {
            RetryAfter = ComeBackAfter,
        };

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        foreach (var stream in open.Keys)
            await LookAsync(stream, ct);
        return LookEvery;
    }

    async Task LookAsync(StreamTicket stream, CancellationToken ct)
    {
        try
        {
            await admission.AdmitAgainAsync(stream, ct);
        }
        catch (DomainException refusal) when (refusal.Code is StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.NotFound)
        {
            stream.End(Problem.Of(refusal));
        }
        catch (Exception exception) when (exception is not (NpgsqlException or OperationCanceledException))
        {
            // An unexpected failure ends the stream, so that no stream continues unchecked and one failure does not
            // stop the checks of the others. During a database outage (excluded above) no stream can be checked, so all
            // stay open.
            logger.LogError(exception, "Whether a stream is still allowed could not be checked, so it ends");
            stream.End(Problem.Of(new InternalError()));
        }
    }

    // A server listens for many people from one address, within the limit of its key.
    List<(string Name, int Most, string What)> LimitsOf(HttpContext context, Admitted admitted, IMessage? message)
    {
        var site = admitted.Caller.SiteId;
        var limits = new List<(string, int, string)> { ($"key {admitted.Caller.Subject}", options.Value.PerKey, "This key") };
        if (!admitted.IsPublishable)
            return limits;

        limits.Add(($"address {site} {ClientAddress.Of(context)}", options.Value.PerAddress, "This address"));
        if (message is not null)
            limits.Add(($"visitor {site} {Admission.PersonOf(message)}", options.Value.PerVisitor, "This visitor"));
        return limits;
    }

    void Close(StreamTicket stream)
    {
        open.TryRemove(stream, out _);
        lock (counts)
        {
            foreach (var name in stream.CountedAs)
            {
                if (--counts[name] == 0)
                    counts.Remove(name);
            }
        }
    }
}
