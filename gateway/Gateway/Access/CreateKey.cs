using Journeys.BuildingBlocks;
using Proto = Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways;

/// <summary>Makes a key and tells its secret, once.</summary>
public sealed class CreateKey(KeyStore keys, KnownCallers known, TimeProvider time)
{
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
            Kind = isSecret ? "SECRET" : "PUBLISHABLE",
            Name = Check.Text(request.Name, 1, 255, "name"),
            Prefix = Secret.Shown(secret),
            KeyHash = Secret.Hash(secret),
            Role = RoleOf(request, isSecret).Text(),
            CreatedAt = time.GetUtcNow(),
        };
        await keys.InsertAsync(key, ct);
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
