using Google.Protobuf;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Definitions.Journeys;
using Journeys.Protos.Enrollment.V1;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Definitions.Changes;

/// <summary>Sends Enrollment a change right after the commit, so that the next call finds it there, and stores the acknowledgement.</summary>
/// <remarks>
/// An unacknowledged change is sent again by <see cref="TellEnrollment"/>, and it is published through the outbox as
/// well.
/// </remarks>
public sealed class Nudge(
    EnrollmentService.EnrollmentServiceClient enrollment, ChangeStore changes, ChangeMessages messages, Outbox outbox, TimeProvider time, ILogger<Nudge> logger)
{
    /// <summary>The maximum time that a caller waits for the acknowledgement.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Sends a change. Returns whether Enrollment has acknowledged it.</summary>
    public async Task<bool> SendAsync(IMessage change, CancellationToken ct)
    {
        Crash.At(CrashPoint.ChangeCommitted);
        outbox.Wake();
        try
        {
            await TellAsync(change, Limit, ct);
            return true;
        }
        catch (Exception exception) when (exception is RpcException || (Faults.Of(exception) == Fault.Passing && !ct.IsCancellationRequested))
        {
            // Also handles a failure to store the acknowledgement: the change is committed, so the caller must not get
            // an error.
            logger.LogWarning(
                "Enrollment could not be told about {Change} right away ({Problem}); the call is repeated until it is acknowledged",
                change.Descriptor.Name, exception.Message);
            return false;
        }
    }

    /// <summary>
    /// Sends the newest move of a journey again, in case an earlier call crashed before it did so. Returns the journey
    /// as it is afterwards.
    /// </summary>
    public async Task<JourneyRow> RepeatAsync(JourneyRow journey, CancellationToken ct) =>
        !journey.AppliedEverywhere && await messages.NewestOfAsync(journey, ct) is { } newest
            ? journey with { AppliedEverywhere = await SendAsync(newest, ct) }
            : journey;

    /// <summary>Sends one change to Enrollment and stores the acknowledgement.</summary>
    /// <exception cref="RpcException">Enrollment did not acknowledge it.</exception>
    public async Task TellAsync(IMessage change, TimeSpan limit, CancellationToken ct)
    {
        var (request, siteId, id, number) = Read(change);
        await enrollment.ApplyChangeAsync(request, ServiceCall.For(siteId, ct, limit));
        Crash.At(CrashPoint.ChangeAcknowledged);
        await changes.NoteAsync(siteId, id, number, acknowledged: true, time.GetGiven(), ct);
    }

    static (ApplyChangeRequest Request, Guid SiteId, Guid Id, int Number) Read(IMessage change) => change switch
    {
        Events.JourneyPublished published => OfJourney(new() { Published = published }, published.State),
        Events.JourneyPaused paused => OfJourney(new() { Paused = paused }, paused.State),
        Events.JourneyResumed resumed => OfJourney(new() { Resumed = resumed }, resumed.State),
        Events.JourneyArchived archived => OfJourney(new() { Archived = archived }, archived.State),
        Events.JourneyRestored restored => OfJourney(new() { Restored = restored }, restored.State),
        Events.AudienceChanged audience =>
            (new() { Audience = audience }, Guid.Parse(audience.SiteId), Guid.Parse(audience.AudienceId), audience.Revision),
        Events.JourneysHaltChanged halt => (new() { SiteHalt = halt }, Guid.Parse(halt.SiteId), Guid.Parse(halt.SiteId), halt.ChangeNo),
        _ => throw new ArgumentException($"Enrollment is not told of {change.Descriptor.FullName}.", nameof(change)),
    };

    static (ApplyChangeRequest Request, Guid SiteId, Guid Id, int Number) OfJourney(ApplyChangeRequest request, Events.JourneyState state) =>
        (request, Guid.Parse(state.SiteId), Guid.Parse(state.JourneyId), state.ChangeNo);
}
