using Google.Protobuf.WellKnownTypes;
using Journeys.EngineContracts;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Analytics;

/// <summary>A response as stored.</summary>
public sealed record ResponseRow
{
    public Guid EnrollmentId { get; init; }
    public int VisitNo { get; init; }
    public int Version { get; init; }
    public string UserId { get; init; } = "";
    public string AnonymousId { get; init; } = "";
    public string Outcome { get; init; } = "";
    public string Answers { get; init; } = "{}";
    public DateTimeOffset AnsweredAt { get; init; }

    public ResponsePlace Place => new(AnsweredAt, EnrollmentId, VisitNo);

    public Proto.Response ToProto() => new()
    {
        EnrollmentId = EnrollmentId.ToString(),
        VisitNo = VisitNo,
        Version = Version,
        UserId = UserId,
        AnonymousId = AnonymousId,
        Outcome = Outcome,
        Answers = Json.ToStruct(Answers),
        AnswerTime = AnsweredAt.ToTimestamp(),
    };
}

/// <summary>The position of a response in the list, which is newest first.</summary>
public sealed record ResponsePlace(DateTimeOffset AnsweredAt, Guid EnrollmentId, int VisitNo);
