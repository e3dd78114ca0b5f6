using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.Protos;
using Journeys.Protos.Access.V1;

namespace Journeys.Access.Auditing;

/// <summary>A row of the audit log.</summary>
public sealed record AuditRow
{
    public const string Pending = "PENDING";
    public const string Ok = "OK";
    public const string Failed = "FAILED";

    public Guid AuditId { get; init; }

    public Guid SiteId { get; init; }

    public DateTimeOffset At { get; init; }

    public string ActorKind { get; init; } = "";

    public string ActorId { get; init; } = "";

    public string ActorName { get; init; } = "";

    public string Action { get; init; } = "";

    public string TargetKind { get; init; } = "";

    public string TargetId { get; init; } = "";

    public string Address { get; init; } = "";

    public string Outcome { get; init; } = Pending;

    public string Reason { get; init; } = "";

    public DateTimeOffset? EndedAt { get; init; }

    public string? Request { get; init; }

    public string? Before { get; init; }

    public string? After { get; init; }

    public AuditEntry ToProto() => new()
    {
        Id = AuditId.ToString(),
        Time = At.ToProto(),
        EndTime = EndedAt?.ToProto(),
        ActorKind = EnumText.Parse<AuditEntry.Types.ActorKind>(ActorKind),
        ActorId = ActorId,
        ActorName = ActorName,
        Action = Action,
        TargetKind = TargetKind,
        TargetId = TargetId,
        Address = Address,
        Outcome = EnumText.Parse<AuditEntry.Types.Outcome>(Outcome),
        Reason = Reason,
        Request = ToStruct(Request),
        Before = ToStruct(Before),
        After = ToStruct(After),
    };

    static Struct? ToStruct(string? json) => json is null ? null : JsonParser.Default.Parse<Struct>(json);
}
