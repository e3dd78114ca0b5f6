using System.Diagnostics.Metrics;
using Grpc.Core;
using Journeys.BuildingBlocks;

namespace Journeys.Definitions.Changes;

/// <summary>
/// Sends Enrollment each unacknowledged change by call, not through the broker, and repeats it until it is
/// acknowledged.
/// </summary>
public sealed class TellEnrollment(
    ChangeStore changes, ChangeMessages messages, Nudge nudge, IMeterFactory meters, TimeProvider time, ILogger<TellEnrollment> logger) : IChore
{
    const int Batch = 100;

    // A timeout may concern one change only. After this many timeouts of a kind, the rest of that kind is left to a
    // later pass, which starts with the changes whose last try is longest ago.
    const int MostUnanswered = 3;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    readonly Counter<int> told = meters.Create(Telemetry.MeterName)
        .CreateCounter<int>("journeys.changes.retold", description: "Changes that Enrollment acknowledged only when it was told again");

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        // Skips changes that the call which made them is still sending.
        var waiting = await changes.ListUnacknowledgedAsync(Nudge.Limit, time.GetGiven(), Batch, ct);
        var unanswered = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var change in waiting)
        {
            // All moves of journeys count as one kind here.
            var kind = change.Kind is ChangeKinds.SiteHalt or ChangeKinds.Audience ? change.Kind : "";
            if (unanswered.GetValueOrDefault(kind) == MostUnanswered)
                continue;

            try
            {
                if (!await TellAsync(change, ct))
                    unanswered[kind] = unanswered.GetValueOrDefault(kind) + 1;
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                // Continues with the others; this change is repeated after them.
                logger.LogError(
                    exception, "Enrollment rejected change {Number} ({Kind}) of {Id} on site {SiteId}", change.Number, change.Kind, change.Id, change.SiteId);
                await changes.NoteAsync(change.SiteId, change.Id, change.Number, acknowledged: false, time.GetGiven(), ct);
            }
        }

        return waiting.Count >= Batch && unanswered.Count == 0 ? TimeSpan.Zero : Interval;
    }

    // Returns false when Enrollment does not answer in time.
    async Task<bool> TellAsync(ChangeRow change, CancellationToken ct)
    {
        if (await messages.OfAsync(change, ct) is not { } message)
        {
            await changes.NoteAsync(change.SiteId, change.Id, change.Number, acknowledged: true, time.GetGiven(), ct);
            return true;
        }

        try
        {
            await nudge.TellAsync(message, Limit, ct);
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            logger.LogWarning(
                "Enrollment does not answer ({Status}); change {Number} ({Kind}) of {Id} has been waiting since {Since}",
                exception.StatusCode, change.Number, change.Kind, change.Id, change.ChangedAt);
            await changes.NoteAsync(change.SiteId, change.Id, change.Number, acknowledged: false, time.GetGiven(), ct);
            return false;
        }

        told.Add(1);
        logger.LogInformation("Enrollment acknowledged change {Number} ({Kind}) of {Id} after a retry", change.Number, change.Kind, change.Id);
        return true;
    }
}
