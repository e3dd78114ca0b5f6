using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Definitions;

/// <summary>Tells Enrollment right after the commit, so that a call that comes next finds the change there.</summary>
/// <remarks>Only a courtesy: the same news goes through the outbox, and that is what nothing may be lost by.</remarks>
public sealed class Nudge(EnrollmentService.EnrollmentServiceClient enrollment, Outbox outbox, ILogger<Nudge> logger)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public async Task SendAsync(Guid siteId, ApplyChangeRequest change, CancellationToken ct)
    {
        outbox.Wake();
        try
        {
            await enrollment.ApplyChangeAsync(change, ServiceCall.For(siteId, ct, Limit));
        }
        catch (RpcException exception)
        {
            logger.LogInformation(
                "Enrollment could not be told of {Change} at once ({Status}); it learns of it by message", change.ChangeCase, exception.StatusCode);
        }
    }
}
