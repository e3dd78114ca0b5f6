using Microsoft.Extensions.Options;

namespace Journeys.Access.Deliveries;

/// <summary>Addresses of the dashboard that hold a token, after the `#`, which browsers send to no server and write into no log.</summary>
public sealed class Links(IOptions<AccessOptions> options)
{
    /// <summary>Whether a mail server or a webhook delivers links. Else the one who invites passes them on.</summary>
    public bool AreDelivered => options.Value.Smtp.Host.Length > 0 || options.Value.Webhook.Url.Length > 0;

    /// <summary>The page to accept an invitation. Only a path where the own address is not configured.</summary>
    public string Invitation(string token) => $"{Base}/invitation#{token}";

    /// <summary>The page to set a new password.</summary>
    public string PasswordReset(string token) => $"{Base}/reset-password#{token}";

    string Base => options.Value.PublicUrl.TrimEnd('/');
}
