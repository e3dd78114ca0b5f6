using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions.Changes;

/// <summary>The gRPC service for services that keep copies of journeys, audiences and halts.</summary>
public sealed class ChangeGrpcService(ChangeStore changes, ChangeMessages messages) : ChangeService.ChangeServiceBase
{
    const int DefaultPage = 500;
    const int LargestPage = 1_000;

    // Small, because one change may be as large as a request body, and a gRPC message has at most 4 MiB.
    const int BytesPerPage = 1 << 20;

    public override async Task<ListNewestChangesResponse> ListNewestChanges(ListNewestChangesRequest request, ServerCallContext context)
    {
        var size = request.PageSize == 0 ? DefaultPage : Check.Range(request.PageSize, 1, LargestPage, "pageSize");
        var after = PageToken.Decode<After>(request.PageToken) ?? new(Guid.Empty, Guid.Empty);

        var rows = await changes.ListNewestAsync(after.SiteId, after.Id, size + 1, context.CancellationToken);

        return new()
        {
            Newest = { rows.Take(size).Select(ToProto) },
            NextPageToken = rows.Count > size ? PageToken.Encode(new After(rows[size - 1].SiteId, rows[size - 1].Id)) : "",
        };
    }

    public override async Task<ListChangesResponse> ListChanges(ListChangesRequest request, ServerCallContext context)
    {
        var (siteId, id, ct) = (Check.Uuid(request.SiteId, "siteId"), Check.Uuid(request.Id, "id"), context.CancellationToken);
        var position = PageToken.Decode<Position>(request.PageToken)?.Skipped ?? 0;
        var rows = await changes.ListAsync(siteId, id, request.AfterNumber, request.AfterVersion, ct);

        var answer = new ListChangesResponse();
        var bytes = 0;
        foreach (var message in await messages.OfAsync([.. rows.Skip(position)], BytesPerPage, ct))
        {
            if (bytes >= BytesPerPage)
                break;

            var row = rows[position++];
            if (message is null)
                continue;
            answer.Changes.Add(new ListChangesResponse.Types.Change
            {
                MessageType = message.Descriptor.FullName,
                Body = message.ToByteString(),
                Number = row.Number,
                Time = row.ChangedAt.ToTimestamp(),
            });
            bytes += message.CalculateSize();
        }

        answer.NextPageToken = position < rows.Count ? PageToken.Encode(new Position(position)) : "";
        return answer;
    }

    static ListNewestChangesResponse.Types.Newest ToProto(ChangeRow row) => new()
    {
        SiteId = row.SiteId.ToString(),
        Id = row.Id.ToString(),
        Number = row.Number,
        Version = row.Version,
        Time = row.ChangedAt.ToTimestamp(),
        Audience = row.Kind == ChangeKinds.Audience,
        SiteHalt = row.Kind == ChangeKinds.SiteHalt,
        VersionTime = row.PublishedAt?.ToTimestamp(),
    };

    sealed record After(Guid SiteId, Guid Id);

    sealed record Position(int Skipped);
}
