using Grpc.Core;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access;

/// <summary>Adds headers to the answers of the access service.</summary>
static class AccessAnswers
{
    /// <summary>Sets the cookie of a new session.</summary>
    public static Task SetSessionCookieAsync(this ServerCallContext context, Proto.Session session, ClientOf client)
    {
        var cookie = SessionCookie.Set(session.Token, session.ExpireTime.ToDateTimeOffset(), client.IsSecure);
        return context.WriteResponseHeadersAsync(new Metadata { { "set-cookie", cookie } });
    }
}
