namespace Journeys.Access;

/// <summary>The cookie of a signed-in browser. Scripts cannot read it, other sites cannot send it.</summary>
public static class SessionCookie
{
    const string InCleartext = "journeys_session";

    // Browsers take one of this name by TLS and for this very host only, so no subdomain and no cleartext page can put
    // its own in the way.
    const string ByTls = "__Host-journeys_session";

    public static string Name(bool secure) => secure ? ByTls : InCleartext;

    public static string Set(string token, DateTimeOffset expires, bool secure) =>
        $"{Name(secure)}={token}; Path=/; Expires={expires:R}; {Flags(secure)}";

    public static string Clear(bool secure) => $"{Name(secure)}=; Path=/; Max-Age=0; {Flags(secure)}";

    static string Flags(bool secure) => $"HttpOnly; SameSite=Strict{(secure ? "; Secure" : "")}";
}
