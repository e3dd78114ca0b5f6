using System.Security.Cryptography;
using System.Text;
using Journeys.BuildingBlocks.Identities;
using Microsoft.Extensions.Options;

namespace Journeys.Access.Auditing;

/// <summary>
/// Makes pseudonyms for erased people in the audit log: the same for the same id, and not reversible without the key,
/// which is not in the database.
/// </summary>
public sealed class AuditPseudonyms(IOptions<IdentityOptions> options)
{
    readonly byte[] key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Convert.FromBase64String(options.Value.SigningKey), 32, info: "journeys audit pseudonyms"u8.ToArray());

    public string Of(Guid siteId, string userId) =>
        $"erased-{Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{siteId} {userId}")).AsSpan(0, 16))}";
}
