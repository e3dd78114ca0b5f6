using System.Text;

namespace Journeys.Access.Deliveries;

/// <summary>A link with the information for its reader, as the webhook receives it.</summary>
/// <param name="Id">Stays the same when the link is sent again.</param>
/// <param name="Kind">`INVITATION` or `PASSWORD_RESET`.</param>
/// <param name="Email">The recipient.</param>
/// <param name="Link">The address of the page.</param>
/// <param name="ExpireTime">When the link expires.</param>
public sealed record LinkMail(Guid Id, string Kind, string Email, string Link, DateTimeOffset ExpireTime)
{
    public string? SiteId { get; init; }

    public string? SiteName { get; init; }

    public string? Role { get; init; }

    /// <summary>The name of the inviter; empty for a key.</summary>
    public string? InvitedBy { get; init; }

    public string Subject() => SiteName is null ? "Set a new password for Journeys" : $"You are invited to {OneLine(SiteName)} on Journeys";

    public string Body() => SiteName is null
        ? $"""
            Somebody, probably you, asked for a new password for the account {Email}.

            Set it here: {Link}

            The link works once and until {ExpireTime:yyyy-MM-dd HH:mm} UTC. If it was not you, do nothing: the password stays as it is.
            """
        : $"""
            {(string.IsNullOrEmpty(InvitedBy) ? "You are invited" : $"{OneLine(InvitedBy)} invites you")} to the site {OneLine(SiteName)} on Journeys, as {Role!.ToLowerInvariant()}.

            Accept it here: {Link}

            The link works once and until {ExpireTime:yyyy-MM-dd HH:mm} UTC. If you do not know what this is about, do nothing.
            """;

    // Names are chosen by people whom the recipient may not know, so they must not add lines to the mail.
    static string OneLine(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var sign in text.Take(80))
            line.Append(char.IsControl(sign) ? ' ' : sign);
        return line.ToString();
    }
}
