using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos.Messaging.V1;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.DeadLetters;

/// <summary>
/// The public gRPC service for dead letters: asks every service for its own and merges them into one list.
/// </summary>
public sealed class DeadLetterGrpcService(DeadLetterStores stores) : Proto.DeadLetterService.DeadLetterServiceBase
{
    public override async Task<Proto.ListDeadLettersResponse> ListDeadLetters(
        Proto.ListDeadLettersRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var before = PageToken.Decode<Before>(request.PageToken);
        var asked = new ListStoredDeadLettersRequest { Limit = size + 1 };
        if (before is not null)
            (asked.BeforeTime, asked.BeforeId) = (before.DeadAt.ToTimestamp(), before.Id.ToString());

        var (siteId, ct) = (context.SiteId(), context.CancellationToken);
        var (answers, missing) = await stores.AskAsync(
            own => own.ListAsync(asked, siteId, ct), other => other.ListStoredDeadLettersAsync(asked, ServiceCall.For(siteId, ct)));

        // Sorts like the stores: PostgreSQL compares UUIDs byte by byte, which gives the same order as ordinal
        // comparison of their text.
        var letters = answers.SelectMany(answer => answer.DeadLetters)
            .OrderByDescending(letter => letter.DeadTime.ToDateTimeOffset()).ThenByDescending(letter => letter.Id, StringComparer.Ordinal).ToList();
        var response = new Proto.ListDeadLettersResponse
        {
            DeadLetters = { letters.Take(size) },
            TotalSize = answers.Sum(answer => answer.TotalSize),
            UnreachableServices = { missing.Keys },
        };
        if (letters.Count > size)
            response.NextPageToken = PageToken.Encode(new Before(letters[size - 1].DeadTime.ToDateTimeOffset(), Guid.Parse(letters[size - 1].Id)));
        return response;
    }

    public override async Task<Proto.ResendDeadLettersResponse> ResendDeadLetter(
        Proto.ResendDeadLetterRequest request, ServerCallContext context)
    {
        var id = Check.Uuid(request.Id, "id");
        var (answers, missing) = await ResendAsync(new() { Id = id.ToString() }, context);
        if (answers.Any(answer => answer.Found))
            return new() { Resent = answers.Sum(answer => answer.Resent) };
        // An unreachable service may have it.
        if (missing.Count > 0)
            throw missing.Values.First();

        throw new NotFound("dead letter", id);
    }

    public override async Task<Proto.ResendDeadLettersResponse> ResendDeadLetters(
        Proto.ResendDeadLettersRequest request, ServerCallContext context)
    {
        var (answers, missing) = await ResendAsync(new(), context);
        return new() { Resent = answers.Sum(answer => answer.Resent), UnreachableServices = { missing.Keys } };
    }

    Task<(IReadOnlyList<ResendStoredDeadLettersResponse> Answers, IReadOnlyDictionary<string, RpcException> Missing)> ResendAsync(
        ResendStoredDeadLettersRequest request, ServerCallContext context)
    {
        var (siteId, ct) = (context.SiteId(), context.CancellationToken);
        return stores.AskAsync(
            own => own.ResendAsync(request, siteId, ct), other => other.ResendStoredDeadLettersAsync(request, ServiceCall.For(siteId, ct)));
    }

    sealed record Before(DateTimeOffset DeadAt, Guid Id);
}
