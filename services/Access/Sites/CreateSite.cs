using Journeys.Access.Callers;
using Journeys.Access.Members;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Microsoft.Extensions.Options;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Sites;

/// <summary>Creates a site whose first admin is the caller.</summary>
public sealed class CreateSite(SiteStore sites, MemberStore members, KnownCallers known, IOptions<AccessOptions> options)
{
    /// <returns>The site with its key of user tokens, which nothing shows again.</returns>
    /// <exception cref="InvalidInput">The name or an origin is invalid.</exception>
    /// <exception cref="NotAllowed">A key calls.</exception>
    /// <exception cref="Refused">Reason TOO_MANY_SITES.</exception>
    public async Task<Proto.Site> CreateAsync(Caller caller, Proto.CreateSiteRequest request, CancellationToken ct)
    {
        var name = Check.Name(request.Name, "name");
        var origins = UpdateSite.CheckOrigins(request.AllowedOrigins, "allowedOrigins");
        var member = await members.FindAsync(Guid.Parse(caller.Subject), ct)
            ?? throw new NotAllowed("Only members can create sites; this call was made with a key.");

        // Pages of a new site must prove for which user they speak, unless the creator switches this off.
        var userTokenKey = request is { HasRequireUserToken: true, RequireUserToken: false } ? null : Secret.New(Secret.UserTokenKey);
        var most = options.Value.SitesPerAccount;
        var site = await sites.CreateAsync(name, origins, userTokenKey, member.MemberId, most, ct)
            ?? throw new Refused("TOO_MANY_SITES", $"An account that is an admin of {most} sites or more cannot create another site.");
        known.Forget();
        var answer = site.ToProto();
        answer.UserTokenKey = userTokenKey ?? "";
        return answer;
    }
}
