using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Journeys.Access;

/// <summary>The settings under `Access`.</summary>
public sealed record AccessOptions
{
    /// <summary>How long keys and sessions are cached, in seconds.</summary>
    [Range(0, 300)]
    public int CacheSeconds { get; init; } = 5;

    [Range(1, 8_760)]
    public int SessionHours { get; init; } = 24 * 7;

    /// <summary>
    /// The address of the dashboard, such as `https://journeys.example.com`. Delivered links begin with it.
    /// </summary>
    public string PublicUrl { get; init; } = "";

    /// <summary>
    /// Whether people can sign in with e-mail and password. Can be switched off when an issuer is configured.
    /// </summary>
    public bool PasswordSignIn { get; init; } = true;

    /// <summary>
    /// Number of wrong passwords for one e-mail from one address before further attempts have to wait, with a growing
    /// delay.
    /// </summary>
    [Range(1, 10_000)]
    public int SignInFreeTries { get; init; } = 5;

    /// <summary>
    /// Number of wrong passwords from one address within a quarter of an hour, after which each sign-in from this
    /// address takes a second longer.
    /// </summary>
    [Range(1, 10_000)]
    public int SignInTriesPerAddress { get; init; } = 50;

    /// <summary>How long an invitation can be accepted, in days.</summary>
    [Range(1, 90)]
    public int InvitationDays { get; init; } = 7;

    /// <summary>Maximum number of invitations that a site can send in an hour.</summary>
    [Range(1, 100_000)]
    public int InvitationsPerHour { get; init; } = 100;

    /// <summary>How long a link to set a new password is valid, in minutes.</summary>
    [Range(5, 1_440)]
    public int PasswordResetMinutes { get; init; } = 60;

    /// <summary>Maximum number of keys of a site, without revoked ones.</summary>
    [Range(1, 100_000)]
    public int KeysPerSite { get; init; } = 100;

    /// <summary>Maximum number of sites of which an account can be an admin and still create another one.</summary>
    [Range(1, 100_000)]
    public int SitesPerAccount { get; init; } = 50;

    public SmtpOptions Smtp { get; init; } = new();

    public WebhookOptions Webhook { get; init; } = new();

    public OidcOptions Oidc { get; init; } = new();

    public BootstrapOptions Bootstrap { get; init; } = new();

    /// <summary>Returns the problem of the settings as a whole; null when there is none.</summary>
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

    // Anybody on the network can read a link or token in cleartext.
    static bool IsSafe(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}

/// <summary>Refuses to start with settings that contradict each other.</summary>
sealed class AccessOptionsCheck : IValidateOptions<AccessOptions>
{
    public ValidateOptionsResult Validate(string? name, AccessOptions options) =>
        options.Problem() is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;
}

/// <summary>The mail server that delivers invitations and links to set a password.</summary>
public sealed record SmtpOptions
{
    /// <summary>The host of the mail server. Empty for no mail.</summary>
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
    /// <summary>Starts in cleartext and must switch to TLS.</summary>
    StartTls,

    /// <summary>Uses TLS from the start, usually on port 465.</summary>
    Tls,

    /// <summary>Uses no protection, for a mail server on the same machine.</summary>
    None,
}

/// <summary>The webhook that delivers invitations and links to set a password instead of a mail server.</summary>
public sealed record WebhookOptions
{
    /// <summary>The URL to which links are posted as JSON. Empty for no webhook.</summary>
    public string Url { get; init; } = "";

    /// <summary>
    /// The key that signs each post: `X-Journeys-Signature` is `sha256=` and the HMAC-SHA256 of the body in hex. Empty
    /// for no signature.
    /// </summary>
    public string Secret { get; init; } = "";
}

/// <summary>Sign-in through an OpenID Connect issuer.</summary>
public sealed record OidcOptions
{
    /// <summary>
    /// Base address of the issuer, where `/.well-known/openid-configuration` is found. Empty for no issuer.
    /// </summary>
    public string Authority { get; init; } = "";

    /// <summary>The required `aud` of the tokens.</summary>
    public string Audience { get; init; } = "";

    /// <summary>The claim that contains the e-mail.</summary>
    public string EmailClaim { get; init; } = "email";

    /// <summary>
    /// Whether an e-mail counts only with `email_verified` true. Set to false only for an issuer whose users cannot
    /// choose their e-mail.
    /// </summary>
    public bool RequireVerifiedEmail { get; init; } = true;

    /// <summary>How long the issuer's signing keys are cached, in seconds.</summary>
    [Range(1, 86_400)]
    public int KeysSeconds { get; init; } = 300;
}

/// <summary>What the first start creates. A later start adds missing parts and changes nothing.</summary>
public sealed record BootstrapOptions
{
    /// <summary>The name of the site. Empty to create nothing.</summary>
    public string SiteName { get; init; } = "";

    public string AdminEmail { get; init; } = "";

    /// <summary>Not needed when password sign-in is off.</summary>
    public string AdminPassword { get; init; } = "";

    public string SecretKey { get; init; } = "";

    public string PublishableKey { get; init; } = "";

    /// <summary>
    /// The key to verify user tokens; the site then requires user tokens from the start. Empty for no requirement until
    /// an admin sets it.
    /// </summary>
    public string UserTokenKey { get; init; } = "";
}
