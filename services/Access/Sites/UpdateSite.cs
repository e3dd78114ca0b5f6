using Google.Protobuf.Collections;
using Journeys.Access.Callers;
using Journeys.BuildingBlocks;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Sites;

/// <summary>Changes the settings of a site.</summary>
public sealed class UpdateSite(SiteStore sites, KnownCallers known)
{
    const int MaxOrigins = 50;

    /// <summary>Changes what is given; what the request leaves out stays.</summary>
    /// <exception cref="InvalidInput">The name, an origin or the key of user tokens is invalid.</exception>
    /// <exception cref="Refused">Reason USER_TOKEN_KEY_MISSING.</exception>
    public async Task<Proto.Site> UpdateAsync(Guid siteId, Proto.UpdateSiteRequest request, CancellationToken ct)
    {
        var site = await sites.UpdateAsync(
            siteId,
            request.HasName ? Check.Name(request.Name, "name") : null,
            request.AllowedOrigins is { } list ? CheckOrigins(list.Origins_, "allowedOrigins.origins") : null,
            request.HasRequireUserToken ? request.RequireUserToken : null,
            request.HasUserTokenKey ? CheckUserTokenKey(request.UserTokenKey, "userTokenKey") : null,
            ct);
        known.Forget();
        return site?.ToProto()
            ?? throw new Refused("USER_TOKEN_KEY_MISSING", "User tokens can only be required when there is a key to verify them.");
    }

    public static string[] CheckOrigins(RepeatedField<string> origins, string field)
    {
        Check.Count(origins, 0, MaxOrigins, field);
        for (var index = 0; index < origins.Count; index++)
        {
            if (!IsOrigin(origins[index]))
                throw new InvalidInput($"{field}[{index}]", "must be an origin such as https://app.example.com, without a path.");
        }

        return [.. origins];
    }

    static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https") && uri.GetLeftPart(UriPartial.Authority) == text;

    public static string CheckUserTokenKey(string key, string field)
    {
        if (key.Length == 0)
            return key;

        try
        {
            using var verification = VerificationKey.Of(Check.Text(key, 1, VerificationKey.MaxLength, field));
            verification.CheckStrength();
            return key;
        }
        catch (FormatException exception)
        {
            throw new InvalidInput(field, exception.Message);
        }
    }
}
