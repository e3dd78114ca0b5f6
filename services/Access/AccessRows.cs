using Journeys.Protos;
using Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access;

/// <summary>A row of `access.site`.</summary>
public sealed record SiteRow
{
    /// <summary>The columns of `access.site`.</summary>
    public const string Columns = "site_id, name, allowed_origins, require_user_token, user_token_key, created_at, first_event_at";

    public Guid SiteId { get; init; }

    public string Name { get; init; } = "";

    public string[] AllowedOrigins { get; init; } = [];

    public bool RequireUserToken { get; init; }

    public string? UserTokenKey { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? FirstEventAt { get; init; }

    public Site ToProto() => new()
    {
        Id = SiteId.ToString(),
        Name = Name,
        AllowedOrigins = { AllowedOrigins },
        RequireUserToken = RequireUserToken,
        HasUserTokenKey = UserTokenKey is not null,
        CreateTime = CreatedAt.ToProto(),
        FirstEventTime = FirstEventAt?.ToProto(),
    };
}

/// <summary>A key. Only the hash of its secret is stored.</summary>
public sealed record KeyRow
{
    /// <summary>The columns of `access.key`.</summary>
    public const string Columns = "key_id, site_id, kind, name, prefix, key_hash, role, created_at, used_at, revoked_at";

    public Guid KeyId { get; init; }

    public Guid SiteId { get; init; }

    public string Kind { get; init; } = "";

    public string Name { get; init; } = "";

    public string Prefix { get; init; } = "";

    public byte[] KeyHash { get; init; } = [];

    public string Role { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? UsedAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public Key ToProto() => new()
    {
        Id = KeyId.ToString(),
        Kind = EnumText.Parse<Key.Types.Kind>(Kind),
        Name = Name,
        Prefix = Prefix,
        Role = EnumText.Parse<Role>(Role),
        CreateTime = CreatedAt.ToProto(),
        UseTime = UsedAt?.ToProto(),
        RevokeTime = RevokedAt?.ToProto(),
    };
}

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

/// <summary>An invitation that is not accepted yet.</summary>
public sealed record InvitationRow
{
    public Guid InvitationId { get; init; }

    public Guid SiteId { get; init; }

    public string SiteName { get; init; } = "";

    public string Email { get; init; } = "";

    public string Name { get; init; } = "";

    public string Role { get; init; } = "";

    public string InvitedBy { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? SentAt { get; init; }

    public Invitation ToProto() => new()
    {
        Email = Email,
        Name = Name,
        SiteName = SiteName,
        Role = EnumText.Parse<Role>(Role),
        InvitedBy = InvitedBy,
        ExpireTime = ExpiresAt.ToProto(),
    };
}

/// <summary>The account to which a subject of an issuer is bound.</summary>
public sealed record IdentityRow
{
    public Guid MemberId { get; init; }

    /// <summary>The newest sign-in that the log contains.</summary>
    public DateTimeOffset? SignedInAt { get; init; }
}

/// <summary>The authenticator of an account.</summary>
public sealed record AuthenticatorRow
{
    public byte[] Secret { get; init; } = [];

    public bool IsConfirmed { get; init; }

    /// <summary>The time step of the newest accepted code.</summary>
    public long UsedStep { get; init; }

    /// <summary>Number of wrong codes in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Time since the last wrong code; a day when there was none.</summary>
    public TimeSpan SinceLastTry { get; init; }
}

/// <summary>A session that has not ended.</summary>
public sealed record SessionRow
{
    public Guid SessionId { get; init; }

    public byte[] TokenHash { get; init; } = [];

    public Guid MemberId { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>A member's role on a site.</summary>
public sealed record MembershipRow
{
    public Guid SiteId { get; init; }

    public string Role { get; init; } = "";

    /// <summary>The e-mail of the member.</summary>
    public string Email { get; init; } = "";
}
