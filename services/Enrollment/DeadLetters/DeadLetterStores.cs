using Grpc.Core;
using Grpc.Net.ClientFactory;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Messages;
using Journeys.Protos.Messaging.V1;

namespace Journeys.Enrollments.DeadLetters;

/// <summary>
/// The dead letters of all services: reads this service's own from its store, and those of the others by call.
/// </summary>
public sealed class DeadLetterStores(DeadLetterStore own, GrpcClientFactory clients, IReadOnlyList<string> others)
{
    /// <summary>Asks all services concurrently.</summary>
    /// <returns>The answers, and the error of each service that did not answer.</returns>
    public async Task<(IReadOnlyList<T> Answers, IReadOnlyDictionary<string, RpcException> Missing)> AskAsync<T>(
        Func<DeadLetterStore, Task<T>> askOwn, Func<DeadLetterStoreService.DeadLetterStoreServiceClient, AsyncUnaryCall<T>> askOther)
    {
        var asked = others.Select(async service =>
        {
            try
            {
                var client = clients.CreateClient<DeadLetterStoreService.DeadLetterStoreServiceClient>(ClientName(service));
                return (Service: service, Answers: new[] { await askOther(client) }, Problem: (RpcException?)null);
            }
            catch (RpcException problem) when (problem.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
            {
                return (Service: service, Answers: Array.Empty<T>(), Problem: problem);
            }
        }).ToList();
        var first = await askOwn(own);
        var answers = await Task.WhenAll(asked);
        return (
            [first, .. answers.SelectMany(answer => answer.Answers)],
            answers.Where(answer => answer.Problem is not null).ToDictionary(answer => answer.Service.ToLowerInvariant(), answer => answer.Problem!));
    }

    internal static string ClientName(string service) => $"dead letters of {service}";
}

static class DeadLetterExtensions
{
    /// <summary>
    /// Adds <see cref="DeadLetterStores"/> for this service and the others, which are found at `Services:{service}`.
    /// </summary>
    public static WebApplicationBuilder AddDeadLetters(this WebApplicationBuilder builder, params IReadOnlyList<string> others)
    {
        foreach (var service in others)
            builder.AddServiceClient<DeadLetterStoreService.DeadLetterStoreServiceClient>(service, DeadLetterStores.ClientName(service));
        builder.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DeadLetterStores>(provider, others));
        return builder;
    }
}
