using System.Text.Json;
using Journeys.Access;
using Journeys.Gateways.Routing;

namespace Journeys.Gateways.Admissions;

/// <summary>The credentials of a request.</summary>
public sealed class Credentials
{
    Credentials()
    {
    }

    /// <summary>A key, a session's token or a JWT.</summary>
    public string? Token { get; private set; }

    public string? UserToken { get; private set; }

    public bool FromCookie { get; private set; }

    /// <summary>The client's address, as limits count it.</summary>
    public string Address { get; private init; } = "";

    /// <summary>Whether the token was in the URL, which logs and histories record.</summary>
    public bool FromQuery { get; private set; }

    /// <summary>Whether a user token was in the URL.</summary>
    public bool UserTokenInAddress { get; private set; }

    public bool Found => Token is not null;

    /// <summary>Returns the token.</summary>
    /// <exception cref="Unauthenticated">There is no token, or it is a secret in the URL.</exception>
    public string RequireToken()
    {
        var token = Token ?? throw new Unauthenticated("NO_CREDENTIALS", "Send a key or a session's token.");
        if (FromQuery && !token.StartsWith(Secret.PublishableKey, StringComparison.Ordinal))
            throw new Unauthenticated("SECRET_IN_ADDRESS", "Only a publishable key may be in the address.");

        return token;
    }

    public static Credentials Of(HttpRequest request, CallRoute route)
    {
        var result = new Credentials
        {
            Token = FromHeaders(request),
            UserToken = First(request.Headers["X-User-Token"]),
            Address = ClientAddress.Of(request.HttpContext),
        };
        if (route.IsNative)
            return result;

        result.UserTokenInAddress = request.Query.ContainsKey("userToken");
        if (result.Token is null && First(request.Query["apiKey"]) is { } key)
            (result.Token, result.FromQuery) = (key, true);
        if (result.Token is null && First(request.Cookies[SessionCookie.Name(request.IsHttps)]) is { } cookie)
            (result.Token, result.FromCookie) = (cookie, true);
        return result;
    }

    /// <summary>Reads `_apiKey` and `_userToken` from a body, for senders that cannot set headers.</summary>
    public void AddFromBody(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\"_apiKey\""u8) < 0 && json.IndexOf("\"_userToken\""u8) < 0)
            return;

        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                    AddProperty(ref reader);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Ignored here, because parsing the message reports the problem once the caller is authenticated.
        }
    }

    void AddProperty(ref Utf8JsonReader reader)
    {
        var isKey = reader.ValueTextEquals("_apiKey"u8);
        var isUserToken = reader.ValueTextEquals("_userToken"u8);
        if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            reader.Skip();
        else if (isKey && (Token is null || FromCookie))
            (Token, FromCookie) = (reader.GetString(), false);
        else if (isUserToken)
            UserToken ??= reader.GetString();
    }

    static string? FromHeaders(HttpRequest request)
    {
        const string scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? header[scheme.Length..].Trim() : First(request.Headers["X-API-Key"]);
    }

    static string? First(Microsoft.Extensions.Primitives.StringValues values) => values.Count > 0 && !string.IsNullOrEmpty(values[0]) ? values[0] : null;
}
