using Journeys.BuildingBlocks;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Gateways;

/// <summary>Creates a site whose first admin is the caller.</summary>
public sealed class CreateSite(SiteStore sites, MemberStore members, KnownCallers known)
{
    public async Task<Proto.Site> CreateAsync(Caller caller, Proto.CreateSiteRequest request, CancellationToken ct)
    {
        var name = Check.Text(request.Name, 1, 255, "name");
        var origins = UpdateSite.CheckOrigins(request.AllowedOrigins, "allowedOrigins");
        var member = await members.FindAsync(Guid.Parse(caller.Subject), ct)
            ?? throw new NotAllowed("Only members create sites; this is a key.");

        var site = await sites.CreateAsync(name, origins, member.MemberId, ct);
        known.Forget();
        return site.ToProto();
    }
}
