using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos;
using Proto = Journeys.Protos.Messaging.V1;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>Serves the dead letters of this service to other services over gRPC.</summary>
public sealed class DeadLetterStoreGrpcService(DeadLetterStore store) : Proto.DeadLetterStoreService.DeadLetterStoreServiceBase
{
    public override Task<Proto.ListStoredDeadLettersResponse> ListStoredDeadLetters(
        Proto.ListStoredDeadLettersRequest request, ServerCallContext context) =>
        store.ListAsync(request, context.SiteId(), context.CancellationToken);

    public override Task<Proto.ResendStoredDeadLettersResponse> ResendStoredDeadLetters(
        Proto.ResendStoredDeadLettersRequest request, ServerCallContext context) =>
        store.ResendAsync(request, context.SiteId(), context.CancellationToken);
}

/// <summary>
/// Lists and resends the dead letters of this service. A site sees the type and the cause, never what another site
/// wrote.
/// </summary>
public sealed class DeadLetterStore(FailedMessageStore store, FailedMessages failed, QueueConsumers queues)
{
    /// <summary>Lists the dead letters that name the site.</summary>
    public async Task<Proto.ListStoredDeadLettersResponse> ListAsync(Proto.ListStoredDeadLettersRequest request, Guid siteId, CancellationToken ct)
    {
        var limit = Check.Range(request.Limit, 1, Check.MaxPageSize + 1, "limit");
        var (rows, total) = await store.ListDeadAsync(
            siteId, request.BeforeTime?.ToDateTimeOffset(), Check.OptionalUuid(request.BeforeId, "beforeId"), limit, ct);
        return new() { DeadLetters = { rows.Select(row => ToProto(row, siteId)) }, TotalSize = total };
    }

    /// <summary>Resends one dead letter that names the site, or all of them.</summary>
    public async Task<Proto.ResendStoredDeadLettersResponse> ResendAsync(
        Proto.ResendStoredDeadLettersRequest request, Guid siteId, CancellationToken ct)
    {
        if (Check.OptionalUuid(request.Id, "id") is not { } id)
            return new() { Resent = await failed.ResendAsync(siteId, id: null, ct) };

        return new() { Found = await store.HasAsync(siteId, id, ct), Resent = await failed.ResendAsync(siteId, id, ct) };
    }

    Proto.DeadLetter ToProto(FailedMessage row, Guid siteId)
    {
        var letter = new Proto.DeadLetter
        {
            Id = row.FailedMessageId.ToString(),
            // The prefix of the queue's name.
            Service = row.Queue.Split('.')[0],
            Queue = row.Queue,
            MessageType = row.MessageType,
            MessageId = row.MessageId.ToString(),
            Cause = EnumText.Parse<Proto.DeadLetter.Types.Cause>(row.Cause),
            ErrorType = row.ErrorType,
            Error = row.SiteIds is [var only] && only == siteId ? row.Error : "",
            Failures = row.Failures,
            Size = row.Body.Length,
            FirstFailTime = row.FirstFailedAt.ToTimestamp(),
            LastFailTime = row.LastFailedAt.ToTimestamp(),
            DeadTime = row.DeadAt!.Value.ToTimestamp(),
        };
        if (queues.Find(row.Queue)?.Read(row.MessageType, row.Body) is { } message)
            letter.Shape.Add(BodyShape.Of(message, siteId));
        return letter;
    }
}
