using Journeys.Access.Callers;
using Journeys.BuildingBlocks;
using Journeys.Protos;
using Microsoft.Extensions.Options;
using Proto = Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access.Sites;

/// <summary>Creates a key and returns its secret, which cannot be read again.</summary>
public sealed class CreateKey(KeyStore keys, KnownCallers known, IOptions<AccessOptions> options, TimeProvider time)
{
    /// <returns>The key with its secret, which nothing shows again.</returns>
    /// <exception cref="InvalidInput">The kind, the name or the role is invalid.</exception>
    /// <exception cref="Refused">Reason TOO_MANY_KEYS.</exception>
    public async Task<Proto.Key> CreateAsync(Guid siteId, Proto.CreateKeyRequest request, CancellationToken ct)
    {
        if (request.Kind is not (Proto.Key.Types.Kind.Publishable or Proto.Key.Types.Kind.Secret))
            throw new InvalidInput("kind", "must be PUBLISHABLE or SECRET.");

        var isSecret = request.Kind == Proto.Key.Types.Kind.Secret;
        var secret = Secret.New(isSecret ? Secret.SecretKey : Secret.PublishableKey);
        var key = new KeyRow
        {
            KeyId = Guid.CreateVersion7(),
            SiteId = siteId,
            Kind = request.Kind.Text(),
            Name = Check.Name(request.Name, "name"),
            Prefix = Secret.Shown(secret),
            KeyHash = Secret.Hash(secret),
            Role = RoleOf(request, isSecret).Text(),
            CreatedAt = time.GetUtcNow(),
        };
        if (!await keys.InsertAsync(key, options.Value.KeysPerSite, ct))
            throw new Refused("TOO_MANY_KEYS", $"A site has at most {options.Value.KeysPerSite} keys; revoke some that are not used.");
        known.Forget();

        var answer = key.ToProto();
        answer.Secret = secret;
        return answer;
    }

    static Role RoleOf(Proto.CreateKeyRequest request, bool isSecret) => (isSecret, request.Role) switch
    {
        (false, Role.Unspecified or Role.Person) => Role.Person,
        (true, Role.Unspecified) => Role.Editor,
        (true, Role.Viewer or Role.Editor or Role.Admin) => request.Role,
        _ => throw new InvalidInput("role", isSecret ? "must be VIEWER, EDITOR or ADMIN." : "is only for a secret key."),
    };
}
