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
/// <remarks>A change that is not acknowledged is told again by <see cref="TellEnrollment"/>, and it goes through the outbox as well.</remarks>
public sealed class Nudge(
    EnrollmentService.EnrollmentServiceClient enrollment, ChangeStore changes, ChangeMessages messages, Outbox outbox, TimeProvider time, ILogger<Nudge> logger)
{
    /// <summary>The longest that a caller waits for the acknowledgement.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Whether Enrollment has acknowledged the change.</summary>
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
            // Also where the acknowledgement cannot be stored: the change is committed, so its caller must not hear that it failed.
            logger.LogWarning(
                "Enrollment could not be told about {Change} right away ({Problem}); the call is repeated until it is acknowledged",
                change.Descriptor.Name, exception.Message);
            return false;
        }
    }

    /// <summary>
    /// Tells Enrollment of the newest move of a journey again, because that may be what an earlier call did not come to. Returns the journey as it is then.
    /// </summary>
    public async Task<JourneyRow> RepeatAsync(JourneyRow journey, CancellationToken ct) =>
        !journey.AppliedEverywhere && await messages.NewestOfAsync(journey, ct) is { } newest
            ? journey with { AppliedEverywhere = await SendAsync(newest, ct) }
            : journey;

    /// <summary>Sends Enrollment one change and notes that it has it.</summary>
    /// <exception cref="RpcException">It did not acknowledge.</exception>
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
