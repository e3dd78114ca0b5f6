using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Requests;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Ingestion;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Outcome = Journeys.Protos.Enrollment.V1.ReportProgressRequest.Types.Outcome;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Sdk;

/// <summary>The gRPC service for browsers: checks the request, runs one use case, maps the answer.</summary>
public sealed class SdkGrpcService(
    IdentifyPerson identify, RecordEvents record, EnterJourney enter, ReportProgress report, ReportShown shown, StopEnrollment stop, WatchPerson watch,
    Positions positions, JourneyCatalog catalog, TimeProvider time)
    : Proto.SdkService.SdkServiceBase
{
    const int MaxEvents = 50;

    public override async Task<Proto.IdentifyResponse> Identify(Proto.IdentifyRequest request, ServerCallContext context)
    {
        var person = Person(context, request.UserId, request.AnonymousId);

        var outcome = await identify.HandleAsync(person, request.Traits, request.Context, request.NoEntry ? MayEnter.None : MayEnter.All, context.CancellationToken);

        return new()
        {
            UserId = outcome.Profile.UserId.Length > 0 ? outcome.Profile.UserId : person.UserId,
            AnonymousId = person.AnonymousId,
            Merged = outcome.Merged,
            Warnings = { outcome.Warnings },
            Journeys =
            {
                (outcome.Latest is { } latest
                    ? await positions.OfAsync(latest, context.CancellationToken)
                    : await positions.OfAsync(person.SiteId, outcome.Profile.ProfileId, context.CancellationToken)).ForPages()
            },
        };
    }

    public override async Task<Proto.RecordEventsResponse> RecordEvents(Proto.RecordEventsRequest request, ServerCallContext context)
    {
        var person = Person(context, request.UserId, request.AnonymousId);
        var requestId = RequestKey.InHeader(context);
        var events = Check.Count(request.Events, 1, MaxEvents, "events").Select((e, index) => ToNewEvent(e, index, requestId)).ToList();

        var outcome = await record.HandleAsync(person, events, request.Context, request.NoEntry ? MayEnter.None : MayEnter.All, context.CancellationToken);

        return new()
        {
            Accepted = outcome.Accepted,
            Duplicates = outcome.Duplicates,
            Warnings = { outcome.Warnings },
            Journeys = { (await positions.ToProtoAsync(outcome.Enrollments.Where(enrollment => enrollment.HasChanged).Select(enrollment => enrollment.Row), context.CancellationToken)).ForPages() },
        };
    }

    public override async Task<Proto.ListPositionsResponse> ListPositions(Proto.ListPositionsRequest request, ServerCallContext context)
    {
        var person = Person(context, request.UserId, request.AnonymousId);
        var askedAt = time.GetTimestamp();
        var found = await positions.FindAsync(person, context.CancellationToken);
        person.RequireProof(found?.Profile.UserId ?? "");
        var site = found is null
            ? await catalog.OfAsync(person.SiteId, context.CancellationToken)
            : await catalog.NowAsync(person.SiteId, found.ChangeNo, askedAt, context.CancellationToken);

        return new()
        {
            ClickSelectors = { site.ClickSelectors },
            Journeys = { (await positions.OfAsync(found?.Latest ?? [], context.CancellationToken)).ForPages() },
        };
    }

    public override async Task<Proto.EnrollResponse> Enroll(Proto.EnrollRequest request, ServerCallContext context)
    {
        var person = Person(context, request.UserId, request.AnonymousId);

        FreeForm.Check(request.Properties, FreeForm.MaxPropertyBytes, "properties");

        var entered = await enter.HandleAsync(
            person, Check.Uuid(request.JourneyId, "journeyId"), Json.ToText(request.Properties), RequestKey.Of(context, request), context.CancellationToken);

        return new()
        {
            Enrollment = entered.Row.ToProto().ForPages(),
            Created = entered.Created,
            Step = entered.Row.ToStep(entered.Journey),
            JourneyName = entered.JourneyName,
        };
    }

    public override async Task<Proto.ReportProgressResponse> ReportProgress(Proto.ReportProgressRequest request, ServerCallContext context)
    {
        var person = Person(context, request.UserId, request.AnonymousId);
        var nodeId = Check.Text(request.NodeId, 1, GraphValidator.MaxId, "nodeId");
        var visitNo = Check.Range(request.VisitNo, 0, int.MaxValue, "visitNo");
        var enrollmentId = request.EnrollmentId.Length > 0 ? Check.Uuid(request.EnrollmentId, "enrollmentId") : (Guid?)null;
        FreeForm.Check(request.Data, FreeForm.MaxPropertyBytes, "data");
        var outcome = request.Outcome switch
        {
            Outcome.Dismissed => ContentOutcome.Dismissed,
            Outcome.Skipped => ContentOutcome.Skipped,
            _ => ContentOutcome.Completed,
        };

        var reported = new Signal.Reported(nodeId, outcome, Json.ToElement(request.Data), visitNo > 0 ? visitNo : null);
        var (enrollment, became) = await report.HandleAsync(
            new(person, Check.Uuid(request.JourneyId, "journeyId"), reported, enrollmentId), context.EndTurn, context.CancellationToken);

        return new()
        {
            Enrollment = enrollment.Row.ToProto().ForPages(),
            Applied = became == SignalOutcome.Applied,
            Held = became == SignalOutcome.Held,
            Step = enrollment.Row.ToStep(enrollment.Journey),
            StepsDone = enrollment.Row.StepsDone,
        };
    }

    public override async Task<Proto.ReportShownResponse> ReportShown(Proto.ReportShownRequest request, ServerCallContext context)
    {
        var sighting = new Sighting(
            Person(context, request.UserId, request.AnonymousId), Check.Uuid(request.JourneyId, "journeyId"), Check.Text(request.NodeId, 1, GraphValidator.MaxId, "nodeId"),
            Check.Range(request.VisitNo, 1, int.MaxValue, "visitNo"), Check.OptionalUuid(request.EnrollmentId, "enrollmentId"),
            Check.Text(request.NotShown, 0, Limits.ShortId, "notShown"));

        return new() { Recorded = await shown.HandleAsync(sighting, context.CancellationToken) };
    }

    public override async Task<Proto.StopResponse> Stop(Proto.StopRequest request, ServerCallContext context)
    {
        var person = Person(context, request.UserId, request.AnonymousId);

        var row = await stop.HandleAsync(
            person, Check.Uuid(request.JourneyId, "journeyId"), StopReasons.OptOut, RequestKey.Of(context, request), context.CancellationToken);

        return new() { Enrollment = row.ToProto().ForPages() };
    }

    public override Task Watch(Proto.WatchRequest request, IServerStreamWriter<Proto.WatchResponse> responseStream, ServerCallContext context) =>
        watch.HandleAsync(Person(context, request.UserId, request.AnonymousId), responseStream, context.CancellationToken);

    static PersonKey Person(ServerCallContext context, string userId, string anonymousId)
    {
        if (userId.Length == 0 && anonymousId.Length == 0)
            throw new InvalidInput("userId", "is required unless anonymousId is set.");
        if (userId.Length > 0)
            Check.NewPersonId(userId, "userId");
        if (anonymousId.Length > 0)
            Check.NewPersonId(anonymousId, "anonymousId");

        return new PersonKey(context.SiteId(), userId, anonymousId) { ProvenUser = context.Caller().ProvenUser };
    }

    NewEvent ToNewEvent(Proto.Event e, int index, string requestId)
    {
        FreeForm.Check(e.Properties, FreeForm.MaxPropertyBytes, $"events[{index}].properties");

        return new NewEvent(
            e.Id.Length > 0 ? Check.Text(e.Id, 1, Limits.ShortId, $"events[{index}].id") : IdOf(e, index, requestId).ToString(),
            Check.Text(e.Name, 1, PersonEvent.MaxName, $"events[{index}].name"),
            Json.ToText(e.Properties),
            Check.Text(e.Url, 0, PersonEvent.MaxUrl, $"events[{index}].url"),
            e.Time?.ToDateTimeOffset() ?? NewEvent.Now);
    }

    // A repeat of a call that names itself finds the events of the first.
    Guid IdOf(Proto.Event e, int index, string requestId) =>
        requestId.Length > 0 ? RequestKey.IdOf(requestId, index, e) : FreshId.Make(time.GetUtcNow());
}
