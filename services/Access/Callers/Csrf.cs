using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Journeys.Access.Callers;

/// <summary>
/// Makes the token that a page must send with the cookie, so that no other site can make the browser act.
/// </summary>
/// <remarks>
/// The token is derived from the hash of the session's own token. No key is shared, and a rotation of the services'
/// signing key does not change it.
/// </remarks>
public static class Csrf
{
    /// <param name="tokenHash">The stored hash of the session's token.</param>
    public static string TokenOf(byte[] tokenHash) => Base64Url.EncodeToString(HMACSHA256.HashData(tokenHash, "journeys csrf"u8));

    public static bool IsTokenOf(byte[] tokenHash, string token) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.ASCII.GetBytes(TokenOf(tokenHash)));
}
