using Grpc.Core;
using Grpc.Core.Interceptors;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Simulations;

/// <summary>The rpcs of a replica, as the gateway would call them for one site.</summary>
sealed class Rpcs(Replica replica, Guid siteId)
{
    public SdkService.SdkServiceClient Sdk => new(As(Role.Person));

    public EnrollmentService.EnrollmentServiceClient Enrollments => new(As(Role.Editor));

    public UserListService.UserListServiceClient Lists => new(As(Role.Editor));

    public ProfileService.ProfileServiceClient Profiles => new(As(Role.Admin));

    public StopService.StopServiceClient Stops => new(As(Role.Editor));

    public JourneyService.JourneyServiceClient Journeys => new(As(Role.Editor));

    public AudienceService.AudienceServiceClient Audiences => new(As(Role.Editor));

    public SiteHaltService.SiteHaltServiceClient Halts => new(As(Role.Admin));

    CallInvoker As(Role role) => replica.Channel.Intercept(metadata =>
    {
        metadata.Add("authorization", $"Bearer {replica.Get<IdentityTokens>().Sign(new Caller(siteId, "simulation", role))}");
        return metadata;
    });
}
