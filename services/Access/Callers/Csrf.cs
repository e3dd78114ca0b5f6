using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Journeys.Access.Callers;

/// <summary>What a page must send along with the cookie, so that no other site can make the browser act.</summary>
/// <remarks>
/// Made of the session's own secret, of which the database has the hash. No key is shared with anybody, and exchanging the signing key of the
/// services changes nothing here.
/// </remarks>
public static class Csrf
{
    /// <param name="tokenHash">Of the session's token, as the database keeps it.</param>
    public static string TokenOf(byte[] tokenHash) => Base64Url.EncodeToString(HMACSHA256.HashData(tokenHash, "journeys csrf"u8));

    public static bool IsTokenOf(byte[] tokenHash, string token) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.ASCII.GetBytes(TokenOf(tokenHash)));
}
