using System.Diagnostics.Metrics;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Journeys.Copies;

/// <summary>Compares this service's copy of journeys and audiences with Definition, and applies what was missed.</summary>
/// <remarks>Messages normally bring everything. This is for those that were lost, and for those that were published before there was a queue.</remarks>
public sealed class CompareWithDefinition(
    ChangeService.ChangeServiceClient definition, ICopy copy, IOptions<CopyOptions> options, IMeterFactory meters, TimeProvider time,
    ILogger<CompareWithDefinition> logger) : IChore
{
    // A younger change may simply still be on its way.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    static readonly TimeSpan UntilNextTry = TimeSpan.FromSeconds(5);

    static readonly TypeRegistry Messages = TypeRegistry.FromFiles(EventsReflection.Descriptor);

    readonly Counter<int> repairs = meters.Create(ServiceDefaults.MeterName).CreateCounter<int>(
        "journeys.divergence.repaired", description: "Copies of journeys and audiences that were behind Definition, and other repairs");

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        try
        {
            await CompareAsync(ct);
            return TimeSpan.FromSeconds(options.Value.CompareIntervalSeconds);
        }
        catch (RpcException exception) when (!ct.IsCancellationRequested)
        {
            logger.LogWarning("Definition does not answer ({Status}), so journeys and audiences could not be compared", exception.StatusCode);
            return UntilNextTry;
        }
    }

    /// <summary>Compares everything, page by page, and applies what was missed. Returns how many journeys and audiences were behind.</summary>
    /// <exception cref="RpcException">Definition does not answer.</exception>
    public async Task<int> CompareAsync(CancellationToken ct)
    {
        var behind = 0;
        var request = new ListNewestChangesRequest();
        do
        {
            var page = await definition.ListNewestChangesAsync(request, ServiceCall.For(ServiceCall.AllSites, ct));
            var known = await copy.FindAsync([.. page.Newest.Select(newest => (Guid.Parse(newest.SiteId), Guid.Parse(newest.Id)))], ct);
            foreach (var newest in page.Newest)
            {
                var own = known.GetValueOrDefault((Guid.Parse(newest.SiteId), Guid.Parse(newest.Id)));
                // The copy was read after Definition had answered, so it may be ahead for a moment by rights: Definition is asked once more.
                if ((own.Number != newest.Number || own.Version < newest.Version) && await CatchUpAsync(newest, own, ct))
                    behind++;
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return behind;
    }

    async Task<bool> CatchUpAsync(ListNewestChangesResponse.Types.Newest newest, Known own, CancellationToken ct)
    {
        try
        {
            if (own.Number > newest.Number)
                return await TakeBackAsync(newest, own, ct);

            var applied = await ApplyMissedAsync(newest, own, ct);
            if (newest.Time.ToDateTimeOffset() > time.GetUtcNow() - Patience)
                return true;

            var what = KindOf(newest);
            repairs.Add(1, new KeyValuePair<string, object?>("what", what));
            logger.LogWarning(
                "The copy of {What} {Id} of site {SiteId} was at change {Own} and Definition is at {Newest} since {Since}: {Count} missed changes were applied",
                what, newest.Id, newest.SiteId, own.Number, newest.Number, newest.Time.ToDateTimeOffset(), applied);
            return true;
        }
        catch (Exception exception) when (exception is not RpcException && !ct.IsCancellationRequested)
        {
            // The others go on; this one is tried again with the next comparison.
            logger.LogError(exception, "The missed changes of {Id} on site {SiteId} cannot be applied", newest.Id, newest.SiteId);
            return false;
        }
    }

    // Where Definition's database was restored from a backup, or a message lied: Definition is the truth.
    async Task<bool> TakeBackAsync(ListNewestChangesResponse.Types.Newest newest, Known own, CancellationToken ct)
    {
        var number = await NewestNumberAsync(newest, ct);
        if (own.Number <= number)
            return false;

        await copy.DistrustAsync(Guid.Parse(newest.SiteId), Guid.Parse(newest.Id), own.Number, ct);
        var applied = await ApplyMissedAsync(newest, new Known(0, 0), ct);
        repairs.Add(1, new KeyValuePair<string, object?>("what", KindOf(newest)));
        logger.LogError(
            "The copy of {Id} of site {SiteId} was at change {Own} while Definition is at {Newest}, as after a restore from a backup: {Count} changes were applied again",
            newest.Id, newest.SiteId, own.Number, number, applied);
        return true;
    }

    static string KindOf(ListNewestChangesResponse.Types.Newest newest) => newest.SiteHalt ? "site" : newest.Audience ? "audience" : "journey";

    async Task<int> NewestNumberAsync(ListNewestChangesResponse.Types.Newest newest, CancellationToken ct)
    {
        var request = new ListNewestChangesRequest();
        do
        {
            var page = await definition.ListNewestChangesAsync(request, ServiceCall.For(ServiceCall.AllSites, ct));
            if (page.Newest.FirstOrDefault(one => one.SiteId == newest.SiteId && one.Id == newest.Id) is { } found)
                return found.Number;
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return newest.Number;
    }

    async Task<int> ApplyMissedAsync(ListNewestChangesResponse.Types.Newest newest, Known own, CancellationToken ct)
    {
        var applied = 0;
        // Versions may be missing in between: those that are there already change nothing.
        var request = new ListChangesRequest
        {
            SiteId = newest.SiteId,
            Id = newest.Id,
            AfterNumber = own.Version < newest.Version ? 0 : own.Number,
            AfterVersion = own.Version < newest.Version ? 0 : own.Version,
        };
        do
        {
            var page = await definition.ListChangesAsync(request, ServiceCall.For(ServiceCall.AllSites, ct));
            foreach (var change in page.Changes)
            {
                var type = Messages.Find(change.MessageType) ?? throw new InvalidOperationException($"There is no message {change.MessageType} here.");
                await copy.ApplyAsync(type.Parser.ParseFrom(change.Body), ct);
                applied++;
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return applied;
    }
}
