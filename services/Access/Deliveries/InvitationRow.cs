using Journeys.Protos;
using Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access.Deliveries;

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
