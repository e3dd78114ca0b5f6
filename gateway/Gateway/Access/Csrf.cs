using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways;

/// <summary>What a page must send along with the cookie, so that no other site can make the browser act.</summary>
public sealed class Csrf(IOptions<IdentityOptions> options)
{
    readonly byte[] key = Convert.FromBase64String(options.Value.SigningKey);

    public string TokenOf(Guid sessionId) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"csrf {sessionId}")));

    public bool IsTokenOf(Guid sessionId, string token) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.ASCII.GetBytes(TokenOf(sessionId)));
}
