using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Requests;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Enrollments.Analytics;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Explain;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Repair;
using Change = Journeys.Protos.Enrollment.V1.ApplyChangeRequest.ChangeOneofCase;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Api;

/// <summary>
/// The gRPC service for backends and the dashboard: checks the request, runs one use case, maps the answer.
/// </summary>
public sealed class EnrollmentGrpcService(
    EnrollUsers enroll, EnrollByRule enrollByRule, StopEnrollment stop, EnrollmentQueries queries, EnrollmentDetails details, ExplainUser explain, CountEnrollments count,
    ResponseQueries responses, SummarizeResponses summarize, RequireJourney require, ApplyJourneyChange apply, MoveQueries moves, SetAsideStore aside,
    CountLate late, RetryEnrollment retry, PreviewResume resume, SchedulerWork scheduler)
    : Proto.EnrollmentService.EnrollmentServiceBase
{
    /// <summary>The maximum number of users that one call enrolls.</summary>
    public const int MaxUsers = 1_000;

    const int MaxJourneys = 200;

    public override async Task<Proto.EnrollUsersResponse> EnrollUsers(Proto.EnrollUsersRequest request, ServerCallContext context)
    {
        var (siteId, journeyId, ct) = (context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), context.CancellationToken);
        bool[] given = [request.UserIds.Count > 0, request.ListId.Length > 0, request.Rule is not null];
        if (given.Count(isGiven => isGiven) != 1)
            throw new InvalidInput("userIds", "must be set unless listId or rule is; exactly one of the three is allowed.");
        var key = RequestKey.Of(context, request);
        FreeForm.Check(request.Properties, FreeForm.MaxPropertyBytes, "properties");
        if (request.UserIds.Count == 0 && request.Properties is not null)
            throw new InvalidInput("properties", "is allowed with userIds only.");
        if (request.Rule is null && request.HasExpectedPeople)
            throw new InvalidInput("expectedPeople", "is allowed with rule only.");
        if (request.Rule is not null)
        {
            var expected = request.HasExpectedPeople ? Check.Range(request.ExpectedPeople, 0, int.MaxValue, "expectedPeople") : (int?)null;
            return new() { Job = await enrollByRule.HandleAsync(siteId, journeyId, request.Rule, expected, key, ct) };
        }

        if (request.ListId.Length > 0)
            return new() { Job = await enroll.HandleListAsync(siteId, journeyId, Check.Uuid(request.ListId, "listId"), key, ct) };

        var userIds = Check.Count(request.UserIds, 1, MaxUsers, "userIds")
            .Select((userId, index) => Check.NewPersonId(userId, $"userIds[{index}]"))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return new() { Results = { await enroll.HandleAsync(siteId, journeyId, userIds, Json.ToText(request.Properties), key, ct) } };
    }

    public override Task<Proto.EnrollmentPreview> PreviewEnrollment(Proto.PreviewEnrollmentRequest request, ServerCallContext context) =>
        enrollByRule.PreviewAsync(context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), request.Rule, context.CancellationToken);

    public override async Task<Proto.ListEnrollmentsResponse> ListEnrollments(Proto.ListEnrollmentsRequest request, ServerCallContext context)
    {
        var (siteId, journeyId, ct) = (context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), context.CancellationToken);
        var size = Check.PageSize(request.PageSize);
        var before = PageToken.Decode<Before>(request.PageToken)?.EnrollmentId;
        await require.FindAsync(siteId, journeyId, ct);
        var filter = new EnrollmentFilter(
            siteId, journeyId, Check.Values(request.Status, "status"),
            Check.Text(request.NodeId, 0, GraphValidator.MaxId, "nodeId"), Check.Text(request.UserId, 0, Limits.PersonId, "userId"),
            Check.Range(request.Version, 0, int.MaxValue, "version"));

        var rows = await queries.ListAsync(filter, before, size + 1, ct);

        return new()
        {
            Enrollments = { rows.Take(size).Select(row => row.ToProto()) },
            NextPageToken = rows.Count > size ? PageToken.Encode(new Before(rows[size - 1].EnrollmentId)) : "",
            TotalSize = await queries.CountAsync(filter, ct),
        };
    }

    public override async Task<Proto.Enrollment> GetEnrollment(Proto.GetEnrollmentRequest request, ServerCallContext context)
    {
        var row = await FindAsync(context, request.JourneyId, request.EnrollmentId);
        return await details.OfAsync(row, context.CancellationToken);
    }

    public override async Task<Proto.ListVisitsResponse> ListVisits(Proto.ListVisitsRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var after = PageToken.Decode<After>(request.PageToken)?.VisitNo ?? 0;
        var row = await FindAsync(context, request.JourneyId, request.EnrollmentId);

        var visits = await queries.ListVisitsAsync(row.SiteId, row.EnrollmentId, after, size + 1, context.CancellationToken);

        return new()
        {
            Visits = { visits.Take(size).Select(visit => visit.ToProto()) },
            NextPageToken = visits.Count > size ? PageToken.Encode(new After(visits[size - 1].VisitNo)) : "",
        };
    }

    public override async Task<Proto.Enrollment> StopEnrollment(Proto.StopEnrollmentRequest request, ServerCallContext context)
    {
        var row = await stop.HandleAsync(
            context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), Check.Uuid(request.EnrollmentId, "enrollmentId"), StopReasons.Api,
            context.CancellationToken);
        return row.ToProto();
    }

    public override async Task<Proto.ListSetAsideResponse> ListSetAside(Proto.ListSetAsideRequest request, ServerCallContext context)
    {
        var (siteId, size, ct) = (context.SiteId(), Check.PageSize(request.PageSize), context.CancellationToken);
        var after = PageToken.Decode<Before>(request.PageToken)?.EnrollmentId ?? Guid.Empty;

        var rows = await aside.ListAsync(siteId, after, size + 1, ct);
        var (total, overdue) = await late.HandleAsync(siteId, ct);

        return new()
        {
            SetAside = { rows.Take(size).Select(row => row.ToProto()) },
            NextPageToken = rows.Count > size ? PageToken.Encode(new Before(rows[size - 1].EnrollmentId)) : "",
            TotalSize = total,
            Overdue = overdue,
        };
    }

    public override async Task<Proto.Enrollment> RetrySetAside(Proto.RetrySetAsideRequest request, ServerCallContext context)
    {
        var row = await FindAsync(context, request.JourneyId, request.EnrollmentId);
        if (row.IsSetAside)
            await retry.HandleAsync(row.SiteId, row.EnrollmentId, [], context.CancellationToken);
        return await details.OfAsync(await FindAsync(context, request.JourneyId, request.EnrollmentId), context.CancellationToken);
    }

    public override async Task<Proto.CountEnrollmentsResponse> CountEnrollments(Proto.CountEnrollmentsRequest request, ServerCallContext context)
    {
        var journeyIds = Check.Count(request.JourneyIds, 1, MaxJourneys, "journeyIds")
            .Select((id, index) => Check.Uuid(id, $"journeyIds[{index}]"))
            .ToArray();
        return new() { Counts = { await count.ByStatusAsync(context.SiteId(), journeyIds, context.CancellationToken) } };
    }

    public override async Task<Proto.ResumePreview> PreviewResume(Proto.PreviewResumeRequest request, ServerCallContext context)
    {
        var (siteId, journeyId, ct) = (context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), context.CancellationToken);
        var policy = PausePolicy.Read(request.Policy);
        await require.FindAsync(siteId, journeyId, ct);
        var perSecond = policy?.ReleasePerSecond ?? await scheduler.FindReleaseRateAsync(siteId, ct);
        return await resume.HandleAsync(siteId, journeyId, policy, perSecond, ct);
    }

    public override async Task<Protos.Scheduler.V1.Release> GetRelease(Proto.GetReleaseRequest request, ServerCallContext context)
    {
        var (siteId, journeyId, ct) = (context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), context.CancellationToken);
        await require.FindAsync(siteId, journeyId, ct);
        return await scheduler.FindReleaseAsync(siteId, journeyId, ct);
    }

    public override async Task<Proto.Analytics> GetAnalytics(Proto.GetAnalyticsRequest request, ServerCallContext context)
    {
        var (siteId, journeyId, ct) = (context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), context.CancellationToken);
        Check.Range(request.Version, 0, int.MaxValue, "version");
        await require.FindAsync(siteId, journeyId, ct);
        return await count.AnalyzeAsync(
            siteId, journeyId, request.Version, request.From?.ToDateTimeOffset(), request.Until?.ToDateTimeOffset(), ct);
    }

    public override async Task<Proto.ListResponsesResponse> ListResponses(Proto.ListResponsesRequest request, ServerCallContext context)
    {
        var (size, ct) = (Check.PageSize(request.PageSize), context.CancellationToken);
        var after = PageToken.Decode<ResponsePlace>(request.PageToken);
        var filter = await FilterAsync(context, request.JourneyId, request.NodeId, request.Version, request.From, request.Until);

        var rows = await responses.ListAsync(filter, after, size + 1, ct);

        return new()
        {
            Responses = { rows.Take(size).Select(row => row.ToProto()) },
            NextPageToken = rows.Count > size ? PageToken.Encode(rows[size - 1].Place) : "",
        };
    }

    public override async Task<Proto.ResponseSummary> SummarizeResponses(Proto.SummarizeResponsesRequest request, ServerCallContext context) =>
        await summarize.HandleAsync(
            await FilterAsync(context, request.JourneyId, request.NodeId, request.Version, request.From, request.Until), context.CancellationToken);

    public override Task<Proto.ExplainUserResponse> ExplainUser(Proto.ExplainUserRequest request, ServerCallContext context) =>
        explain.HandleAsync(
            context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), Check.PersonId(request.UserId, "userId"), context.CancellationToken);

    public override async Task<Empty> ApplyChange(Proto.ApplyChangeRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        await (request.ChangeCase switch
        {
            Change.Published => apply.PublishedAsync(request.Published, ct),
            Change.Paused => apply.PausedAsync(request.Paused, ct),
            Change.Resumed => apply.ResumedAsync(request.Resumed, ct),
            Change.Archived => apply.ArchivedAsync(request.Archived, ct),
            Change.Restored => apply.RestoredAsync(request.Restored, ct),
            Change.Audience => apply.AudienceChangedAsync(request.Audience, ct),
            Change.SiteHalt => apply.JourneysHaltChangedAsync(request.SiteHalt, ct),
            _ => throw new InvalidInput("change", "is required."),
        });
        // The answer confirms that the change is in force for everybody, so it waits for moves that read the state
        // before it.
        var site = request.Paused?.State.SiteId ?? request.Archived?.State.SiteId ?? request.Audience?.SiteId
            ?? (request.SiteHalt is { Halted: true } halt ? halt.SiteId : null);
        if (site is not null)
            await moves.WaitAsync(Guid.Parse(site), request, ct);
        return new Empty();
    }

    async Task<ResponseFilter> FilterAsync(ServerCallContext context, string journey, string nodeId, int version, Timestamp? from, Timestamp? until)
    {
        if (from is not null && until is not null && until.ToDateTimeOffset() < from.ToDateTimeOffset())
            throw new InvalidInput("until", "must not be before `from`.");
        var filter = new ResponseFilter(
            context.SiteId(), Check.Uuid(journey, "journeyId"), Check.Text(nodeId, 1, GraphValidator.MaxId, "nodeId"), Check.Range(version, 0, int.MaxValue, "version"),
            from?.ToDateTimeOffset(), until?.ToDateTimeOffset());
        await require.FindAsync(filter.SiteId, filter.JourneyId, context.CancellationToken);
        return filter;
    }

    async Task<EnrollmentRow> FindAsync(ServerCallContext context, string journey, string enrollment)
    {
        var enrollmentId = Check.Uuid(enrollment, "enrollmentId");
        return await queries.FindAsync(context.SiteId(), Check.Uuid(journey, "journeyId"), enrollmentId, context.CancellationToken)
            ?? throw new NotFound("enrollment", enrollmentId);
    }

    sealed record Before(Guid EnrollmentId);

    sealed record After(int VisitNo);
}
