using Journeys.Protos;
using Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access;

// In the root, because Sites needs Callers, and both read it.
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
