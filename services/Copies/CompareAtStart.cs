using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.Protos.Definition.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Journeys.Copies;

/// <summary>
/// Compares with Definition before the service serves, so that a pause made while the service was down applies from its
/// first call on.
/// </summary>
/// <remarks>
/// Waits only a limited time for Definition. After that, the service continues with what it knows, and the loop repeats
/// the comparison. Until then only what was not answered is repeated.
/// </remarks>
public sealed class CompareAtStart(
    CompareWithDefinition compare, IOptions<CopyOptions> options, TimeProvider time, ILogger<CompareAtStart> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var (startedAt, patience) = (time.GetTimestamp(), TimeSpan.FromSeconds(options.Value.WaitAtStartSeconds));
        for (var failures = 1; ; failures++)
        {
            try
            {
                // What was answered is not asked again.
                await (compare.LacksOnlyLate ? compare.CompareLateAsync(cancellationToken) : compare.CompareAsync(cancellationToken));
                return;
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                if (time.GetElapsedTime(startedAt) >= patience)
                {
                    logger.LogWarning(
                        "Definition does not answer ({Status}): of {What}, this service may know only what it knew when it stopped",
                        exception.StatusCode, compare.Lacking);
                    return;
                }

                await Task.Delay(BackOff.After(failures, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1)), time, cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Registers the comparison.</summary>
public static class CopyExtensions
{
    /// <summary>
    /// Compares the service's copy with Definition at start and at intervals. Call it between AddPostgres and
    /// AddMessaging.
    /// </summary>
    /// <param name="beforeServing">
    /// Whether the service serves only after a comparison, or after it has waited long enough.
    /// </param>
    public static WebApplicationBuilder AddCopy<TCopy>(this WebApplicationBuilder builder, bool beforeServing)
        where TCopy : class, ICopy
    {
        builder.AddServiceClient<ChangeService.ChangeServiceClient>("Definition");
        builder.Services.AddSettings<CopyOptions>("Copies");
        builder.Services.AddSingleton<ICopy, TCopy>().AddSingleton<Divergence>().AddSingleton<CompareWithDefinition>();
        if (beforeServing)
            builder.Services.AddHostedService<CompareAtStart>();
        builder.Services.AddLoop<CompareWithDefinition>();
        return builder;
    }
}
