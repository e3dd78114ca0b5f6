using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Protos;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Maps rows to the contract.</summary>
public static class EnrollmentMapping
{
    public static Proto.Enrollment ToProto(this EnrollmentRow row) => new()
    {
        Id = row.EnrollmentId.ToString(),
        JourneyId = row.JourneyId.ToString(),
        JourneyVersion = row.Version,
        UserId = row.UserId,
        AnonymousId = row.AnonymousId,
        Status = EnumText.Parse<Proto.Enrollment.Types.Status>(row.Status),
        CurrentNodeId = row.NodeId,
        Attempt = row.Attempt,
        Source = EnumText.Parse<Proto.Enrollment.Types.Source>(row.Source),
        EnterTime = row.EnteredAt.ToTimestamp(),
        UpdateTime = row.UpdatedAt.ToTimestamp(),
        WakeTime = row.WakeAt?.ToTimestamp(),
        CompleteTime = row.EndedAt?.ToTimestamp(),
        Outcome = row.Outcome,
        StopReason = row.StopReason,
        GoalTime = row.GoalAt?.ToTimestamp(),
        MergedIntoId = row.MergedIntoId?.ToString() ?? "",
    };

    /// <summary>Removes the anonymous id, because a page that knows it could act for the visitor.</summary>
    public static Proto.Enrollment ForPages(this Proto.Enrollment enrollment)
    {
        enrollment.AnonymousId = "";
        return enrollment;
    }

    /// <inheritdoc cref="ForPages(Proto.Enrollment)"/>
    public static IReadOnlyList<Proto.Position> ForPages(this IReadOnlyList<Proto.Position> positions)
    {
        foreach (var position in positions)
            position.Enrollment.ForPages();
        return positions;
    }

    public static Proto.Visit ToProto(this VisitRow visit) => new()
    {
        VisitNo = visit.VisitNo,
        NodeId = visit.NodeId,
        Branch = visit.Branch,
        Cause = visit.Cause,
        EnterTime = visit.EnteredAt.ToTimestamp(),
        Detail = visit.Detail,
        Notes = { visit.Notes },
        ShowTime = visit.ShownAt?.ToTimestamp(),
        NotShown = visit.NotShown,
        Outcome = visit.Outcome,
        Answers = visit.Answers.Length > 0 ? Json.ToStruct(visit.Answers) : null,
    };

    public static Proto.SetAside ToProto(this SetAsideRow row) => new()
    {
        EnrollmentId = row.EnrollmentId.ToString(),
        JourneyId = row.JourneyId.ToString(),
        Cause = row.Cause,
        Failures = row.Failures,
        FirstFailureTime = row.FirstFailedAt.ToTimestamp(),
        LastFailureTime = row.LastFailedAt.ToTimestamp(),
        NextTryTime = row.NextTryAt.ToTimestamp(),
    };

    /// <summary>
    /// Returns the step to show; null if the person is not at content, the enrollment has ended or the journey is
    /// paused.
    /// </summary>
    public static Proto.Step? ToStep(this EnrollmentRow row, CompiledJourney journey) =>
        row.Status == EnrollmentStatuses.Active && row.JourneyStatus == JourneyStatuses.Published && journey.Find(row.NodeId) is ContentNode content
            ? new Proto.Step
            {
                NodeId = content.Id,
                VisitNo = row.VisitNo,
                ContentType = EnumText.Parse<Protos.Graph.V1.Content.Types.ContentType>(content.ContentType),
                ContentId = content.ContentId,
                Payload = content.Payload.ValueKind == JsonValueKind.Object ? Json.ToStruct(content.Payload.GetRawText()) : null,
            }
            : null;

    /// <summary>Returns what an active enrollment waits for, with a description; null once it has ended.</summary>
    public static Proto.Waiting? ToWaiting(this EnrollmentRow row, CompiledJourney journey, int held)
    {
        if (row.Status != EnrollmentStatuses.Active)
            return null;

        var waiting = new Proto.Waiting
        {
            Kind = EnumText.Parse<Proto.Waiting.Types.Kind>(row.WaitingFor),
            Since = row.WaitingSince.ToTimestamp(),
            Until = row.WakeAt?.ToTimestamp(),
            Paused = row.JourneyStatus == JourneyStatuses.Paused,
            SiteHalted = row.JourneyStatus == JourneyStatuses.Paused && row.IsHalted,
            HeldSignals = held,
        };
        var until = row.WakeAt is { } wakeAt ? RuleText.Describe(wakeAt) : "";
        switch (journey.Find(row.NodeId))
        {
            case ContentNode content:
                waiting.Description = $"Shows {content.ContentType} {content.ContentId} and waits for a report that it is finished.";
                waiting.MovedBy.Add($"POST /sdk/journeys/{row.JourneyId}/progress for node {row.NodeId} with outcome COMPLETED, DISMISSED or SKIPPED.");
                break;
            case WaitForEventNode hold:
                waiting.Description = $"Waits for an event: {string.Join(" or ", hold.Events.Select(Describe))}.";
                waiting.MovedBy.Add(hold.Events.Select(filter => $"The event {Describe(filter)}."));
                break;
            case WaitNode { Wait: TraitDateWait wait }:
                waiting.Description = $"Waits until {until}, {RuleText.Describe(wait)}. {Following(row, wait)}";
                break;
            case WaitNode:
                waiting.Description = $"Waits until {until}.";
                break;
            case null:
                waiting.Description = $"Is at node {row.NodeId} of a version that cannot be read.";
                break;
            default:
                waiting.Description = $"Continues at {until}, because it passed 100 nodes without stopping.";
                break;
        }

        if (until.Length > 0)
            waiting.MovedBy.Add($"A timer at {until}.");
        waiting.MovedBy.Add(journey.Exits.Select(exit => $"The exit rule {exit.Rule.Name}, once this is true: {exit.Rule.Describe()}."));
        if (waiting.SiteHalted)
            waiting.MovedBy.Add("Nothing while the site is halted; reports and events are kept and applied when an admin resumes it.");
        else if (waiting.Paused)
            waiting.MovedBy.Add("Nothing while the journey is paused; reports and events are kept and applied when it is resumed.");
        return waiting;
    }

    static string Following(EnrollmentRow row, TraitDateWait wait)
    {
        var known = FieldPath.Parse($"traits.{wait.Trait}")!.Read(new Facts(new() { Traits = JsonElement.Parse(row.Traits) }, null, null, default));
        return Dates.Read(known) is null
            ? $"{RuleText.NoDate(wait.Trait, known)}, so the last known date applies."
            : "When the trait changes, the wait follows it.";
    }

    static string Describe(EventFilter filter) =>
        filter.Where is null ? filter.EventName : $"{filter.EventName} where {RuleText.Describe(filter.Where)}";
}
