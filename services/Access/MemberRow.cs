using Journeys.Protos;
using Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access;

// In the root, because Members needs Callers and Deliveries, and all three read it.
/// <summary>A member, or an invited person. Name and role are those on the requested site.</summary>
public sealed record MemberRow
{
    /// <summary>The columns of `access.member`.</summary>
    public const string Columns = "member_id, email, name, password_hash, created_at";

    public Guid MemberId { get; init; }

    public string Email { get; init; } = "";

    public string Name { get; init; } = "";

    public string? PasswordHash { get; init; }

    /// <summary>Whether sign-in also needs a code. Set only in queries for one account.</summary>
    public bool HasAuthenticator { get; init; }

    public string Role { get; init; } = "";

    /// <summary>`MEMBER` or `INVITED`; empty in queries without a site.</summary>
    public string State { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the invitation expires.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the link of an invitation was delivered.</summary>
    public DateTimeOffset? SentAt { get; init; }

    public Member ToProto() => new()
    {
        Id = MemberId.ToString(),
        Email = Email,
        Name = Name,
        Role = Role.Length == 0 ? default : EnumText.Parse<Role>(Role),
        State = State.Length == 0 ? default : EnumText.Parse<Member.Types.State>(State),
        CreateTime = CreatedAt.ToProto(),
        ExpireTime = ExpiresAt?.ToProto(),
        DeliverTime = SentAt?.ToProto(),
    };
}
