using Microsoft.Extensions.Options;

namespace Journeys.Access.Deliveries;

/// <summary>
/// Makes links to the dashboard with a token after the `#`, which browsers neither send to a server nor log.
/// </summary>
public sealed class Links(IOptions<AccessOptions> options)
{
    /// <summary>Whether a mail server or a webhook delivers links. Otherwise the inviter passes them on.</summary>
    public bool AreDelivered => options.Value.Smtp.Host.Length > 0 || options.Value.Webhook.Url.Length > 0;

    /// <summary>Returns the link to accept an invitation. Only a path when `Access:PublicUrl` is not set.</summary>
    public string Invitation(string token) => $"{Base}/invitation#{token}";

    /// <summary>Returns the link to set a new password.</summary>
    public string PasswordReset(string token) => $"{Base}/reset-password#{token}";

    string Base => options.Value.PublicUrl.TrimEnd('/');
}
