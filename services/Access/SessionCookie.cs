namespace Journeys.Access;

/// <summary>The cookie of a signed-in browser. Scripts cannot read it, and other sites cannot send it.</summary>
public static class SessionCookie
{
    const string InCleartext = "journeys_session";

    // Browsers accept a cookie of this name only over TLS and for this exact host, so neither a subdomain nor a
    // cleartext page can replace it.
    const string ByTls = "__Host-journeys_session";

    public static string Name(bool secure) => secure ? ByTls : InCleartext;

    public static string Set(string token, DateTimeOffset expires, bool secure) =>
        $"{Name(secure)}={token}; Path=/; Expires={expires:R}; {Flags(secure)}";

    public static string Clear(bool secure) => $"{Name(secure)}=; Path=/; Max-Age=0; {Flags(secure)}";

    static string Flags(bool secure) => $"HttpOnly; SameSite=Strict{(secure ? "; Secure" : "")}";
}
