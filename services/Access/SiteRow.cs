using Journeys.Protos.Access.V1;

namespace Journeys.Access;

// In the root, because Sites needs Callers, and both read it.
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
