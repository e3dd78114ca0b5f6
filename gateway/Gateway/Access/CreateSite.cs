using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Gateways;

/// <summary>Creates a site whose first admin is the caller.</summary>
public sealed class CreateSite(SiteStore sites, MemberStore members, KnownCallers known, IOptions<AccessOptions> options)
{
    public async Task<Proto.Site> CreateAsync(Caller caller, Proto.CreateSiteRequest request, CancellationToken ct)
    {
        var name = Check.Text(request.Name, 1, 255, "name");
        var origins = UpdateSite.CheckOrigins(request.AllowedOrigins, "allowedOrigins");
        var member = await members.FindAsync(Guid.Parse(caller.Subject), ct)
            ?? throw new NotAllowed("Only members create sites; this is a key.");

        var most = options.Value.SitesPerAccount;
        var site = await sites.CreateAsync(name, origins, member.MemberId, most, ct)
            ?? throw new Refused("TOO_MANY_SITES", $"An account that is an administrator of {most} sites creates no more.");
        known.Forget();
        return site.ToProto();
    }
}
