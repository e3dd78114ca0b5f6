using Journeys.Protos;
using Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access;

/// <summary>A site as the database has it.</summary>
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

/// <summary>A key, with the hash of its secret only.</summary>
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

/// <summary>A member, or somebody invited; name and role are those on the site asked about.</summary>
public sealed record MemberRow
{
    /// <summary>The columns of `access.member`.</summary>
    public const string Columns = "member_id, email, name, password_hash, created_at";

    public Guid MemberId { get; init; }

    public string Email { get; init; } = "";

    public string Name { get; init; } = "";

    public string? PasswordHash { get; init; }

    /// <summary>Whether signing in takes a code, too. Known only where one account was asked about.</summary>
    public bool HasAuthenticator { get; init; }

    public string Role { get; init; } = "";

    /// <summary>`MEMBER` or `INVITED`; empty where no site was asked about.</summary>
    public string State { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The end of an invitation.</summary>
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

/// <summary>An invitation that was not accepted yet.</summary>
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

/// <summary>The member whom an issuer means by a subject.</summary>
public sealed record IdentityRow
{
    public Guid MemberId { get; init; }

    /// <summary>The newest sign-in of which the log knows.</summary>
    public DateTimeOffset? SignedInAt { get; init; }
}

/// <summary>The authenticator of an account.</summary>
public sealed record AuthenticatorRow
{
    public byte[] Secret { get; init; } = [];

    public bool IsConfirmed { get; init; }

    /// <summary>The step of the newest code that was accepted.</summary>
    public long UsedStep { get; init; }

    /// <summary>Wrong codes in a row.</summary>
    public int Failures { get; init; }

    /// <summary>How long ago the last of them came; a day when there was none.</summary>
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

    /// <summary>The member's.</summary>
    public string Email { get; init; } = "";
}
