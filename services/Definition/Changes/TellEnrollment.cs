using System.Diagnostics.Metrics;
using Grpc.Core;
using Journeys.BuildingBlocks;

namespace Journeys.Definitions.Changes;

/// <summary>Sends Enrollment, without the broker, every change that it has not acknowledged, again and again until it has.</summary>
public sealed class TellEnrollment(
    ChangeStore changes, ChangeMessages messages, Nudge nudge, IMeterFactory meters, TimeProvider time, ILogger<TellEnrollment> logger) : IChore
{
    const int Batch = 100;

    // One that is not answered may be slow for its own sake. After so many of a kind, the others of it come with a later pass, those first that were
    // tried longest ago.
    const int MostUnanswered = 3;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    readonly Counter<int> told = meters.Create(Telemetry.MeterName)
        .CreateCounter<int>("journeys.changes.retold", description: "Changes that Enrollment acknowledged only when it was told again");

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        // Those that are being told by the call that made them come later, if at all.
        var waiting = await changes.ListUnacknowledgedAsync(Nudge.Limit, time.GetGiven(), Batch, ct);
        var unanswered = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var change in waiting)
        {
            // All moves of journeys are one kind here.
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
                // Others go on; this one comes again after them.
                logger.LogError(
                    exception, "Enrollment rejected change {Number} ({Kind}) of {Id} on site {SiteId}", change.Number, change.Kind, change.Id, change.SiteId);
                await changes.NoteAsync(change.SiteId, change.Id, change.Number, acknowledged: false, time.GetGiven(), ct);
            }
        }

        return waiting.Count >= Batch && unanswered.Count == 0 ? TimeSpan.Zero : Interval;
    }

    // False when Enrollment does not answer, or not in time.
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
