using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Journeys.Access;

/// <summary>The settings under `Access`.</summary>
public sealed record AccessOptions
{
    /// <summary>How long keys and sessions are believed without asking the database again, in seconds.</summary>
    [Range(0, 300)]
    public int CacheSeconds { get; init; } = 5;

    [Range(1, 8_760)]
    public int SessionHours { get; init; } = 24 * 7;

    /// <summary>Where people reach the dashboard, such as `https://journeys.example.com`. Links that are delivered begin with it.</summary>
    public string PublicUrl { get; init; } = "";

    /// <summary>Whether e-mail and password sign people in. Can be switched off where an issuer does.</summary>
    public bool PasswordSignIn { get; init; } = true;

    /// <summary>Wrong passwords for one e-mail from one address before each further try has to wait, ever longer.</summary>
    [Range(1, 10_000)]
    public int SignInFreeTries { get; init; } = 5;

    /// <summary>Wrong passwords from one address in a quarter of an hour, after which each sign-in from there takes a second longer.</summary>
    [Range(1, 10_000)]
    public int SignInTriesPerAddress { get; init; } = 50;

    /// <summary>How long an invitation can be accepted, in days.</summary>
    [Range(1, 90)]
    public int InvitationDays { get; init; } = 7;

    /// <summary>Invitations that a site may send in an hour.</summary>
    [Range(1, 100_000)]
    public int InvitationsPerHour { get; init; } = 100;

    /// <summary>How long a link to set a new password works, in minutes.</summary>
    [Range(5, 1_440)]
    public int PasswordResetMinutes { get; init; } = 60;

    /// <summary>Keys of a site that are not revoked.</summary>
    [Range(1, 100_000)]
    public int KeysPerSite { get; init; } = 100;

    /// <summary>Sites that an account may be an administrator of, for it to create another.</summary>
    [Range(1, 100_000)]
    public int SitesPerAccount { get; init; } = 50;

    public SmtpOptions Smtp { get; init; } = new();

    public WebhookOptions Webhook { get; init; } = new();

    public OidcOptions Oidc { get; init; } = new();

    public BootstrapOptions Bootstrap { get; init; } = new();

    /// <summary>What is wrong with the settings as a whole; null when nothing is.</summary>
    public string? Problem()
    {
        if (!PasswordSignIn && Oidc.Authority.Length == 0)
            return "Access:PasswordSignIn can be false only with Access:Oidc:Authority; else nobody could sign in.";
        if (PublicUrl.Length > 0 && !IsSafe(PublicUrl))
            return "Access:PublicUrl must be an https address (http on this machine only).";
        if (PublicUrl.Length == 0 && (Smtp.Host.Length > 0 || Webhook.Url.Length > 0))
            return "Access:PublicUrl is needed to deliver links by Access:Smtp or Access:Webhook.";
        if (Smtp.Host.Length > 0 && Webhook.Url.Length > 0)
            return "Links are delivered by Access:Smtp or by Access:Webhook, not by both.";
        if (Smtp.Host.Length > 0 && !Smtp.From.Contains('@', StringComparison.Ordinal))
            return "Access:Smtp:From must be the e-mail address that links come from.";
        return Webhook.Url.Length > 0 && !IsSafe(Webhook.Url) ? "Access:Webhook:Url must be an https address (http on this machine only)." : null;
    }

    // A link or token in cleartext on the network is everybody's.
    static bool IsSafe(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}

/// <summary>Refuses to start with settings that do not go together.</summary>
sealed class AccessOptionsCheck : IValidateOptions<AccessOptions>
{
    public ValidateOptionsResult Validate(string? name, AccessOptions options) =>
        options.Problem() is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;
}

/// <summary>The mail server that delivers invitations and links to set a password.</summary>
public sealed record SmtpOptions
{
    /// <summary>Empty: no mail is sent.</summary>
    public string Host { get; init; } = "";

    [Range(1, 65_535)]
    public int Port { get; init; } = 587;

    public string User { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>The sender, such as `Journeys &lt;journeys@example.com&gt;`.</summary>
    public string From { get; init; } = "";

    public SmtpSecurity Security { get; init; } = SmtpSecurity.StartTls;
}

/// <summary>How the connection to the mail server is protected.</summary>
public enum SmtpSecurity
{
    /// <summary>Begins in cleartext and must change to TLS.</summary>
    StartTls,

    /// <summary>TLS from the beginning, usually on port 465.</summary>
    Tls,

    /// <summary>None, for a mail server on the same machine.</summary>
    None,
}

/// <summary>Who delivers invitations and links to set a password in place of a mail server.</summary>
public sealed record WebhookOptions
{
    /// <summary>Where links are posted as JSON. Empty: nowhere.</summary>
    public string Url { get; init; } = "";

    /// <summary>Signs each post: `X-Journeys-Signature` is `sha256=` and the HMAC-SHA256 of the body in hex. Empty: not signed.</summary>
    public string Secret { get; init; } = "";
}

/// <summary>Sign-in by somebody else.</summary>
public sealed record OidcOptions
{
    /// <summary>Base address of the issuer, below which `/.well-known/openid-configuration` is. Empty: off.</summary>
    public string Authority { get; init; } = "";

    /// <summary>What the token's `aud` must be.</summary>
    public string Audience { get; init; } = "";

    /// <summary>The claim that holds the e-mail.</summary>
    public string EmailClaim { get; init; } = "email";

    /// <summary>Whether an e-mail counts only with `email_verified` true. False is only for an issuer whose people cannot choose theirs.</summary>
    public bool RequireVerifiedEmail { get; init; } = true;

    /// <summary>How long the issuer's signing keys are believed without asking it again, in seconds.</summary>
    [Range(1, 86_400)]
    public int KeysSeconds { get; init; } = 300;
}

/// <summary>What the first start creates. A later start adds what is missing and changes nothing.</summary>
public sealed record BootstrapOptions
{
    /// <summary>Empty: nothing is created.</summary>
    public string SiteName { get; init; } = "";

    public string AdminEmail { get; init; } = "";

    /// <summary>Not needed where password sign-in is off.</summary>
    public string AdminPassword { get; init; } = "";

    public string SecretKey { get; init; } = "";

    public string PublishableKey { get; init; } = "";

    /// <summary>The key to verify user tokens with; the site then requires them from the beginning. Empty: it does not, until an admin says so.</summary>
    public string UserTokenKey { get; init; } = "";
}
