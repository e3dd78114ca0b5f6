using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Auditing;

/// <summary>Lists the audit log of a site, newest first.</summary>
public sealed class ListAuditEntries(AuditStore store, AuditPseudonyms pseudonyms)
{
    const int MaxAction = 100;

    public async Task<Proto.ListAuditEntriesResponse> ListAsync(Guid siteId, Proto.ListAuditEntriesRequest request, CancellationToken ct)
    {
        var pageSize = Check.PageSize(request.PageSize);
        var after = PageToken.Decode<AuditKey>(request.PageToken);
        if (after is not null && !Guid.TryParseExact(after.Id, "D", out _))
            throw new InvalidInput("pageToken", "is not a token that a list call of this kind returned.");

        var target = Optional(request.Target, Limits.PersonId, "target");
        var filter = new AuditFilter
        {
            SiteId = siteId,
            Actor = Optional(request.Actor, Limits.Name, "actor"),
            Action = Optional(request.Action, MaxAction, "action"),
            Target = target,
            TargetPseudonym = target is null ? null : pseudonyms.Of(siteId, target),
            From = Time(request.FromTime),
            Until = Time(request.UntilTime),
        };
        var rows = await store.ListAsync(filter, after, pageSize + 1, ct);
        return new Proto.ListAuditEntriesResponse
        {
            Entries = { rows.Take(pageSize).Select(row => row.ToProto()) },
            NextPageToken = rows.Count > pageSize ? PageToken.Encode(new AuditKey(rows[pageSize - 1].At, rows[pageSize - 1].AuditId.ToString())) : "",
        };
    }

    static string? Optional(string text, int most, string field) => text.Length == 0 ? null : Check.Text(text, 1, most, field);

    static DateTime? Time(Timestamp? time) => time?.ToDateTime();
}
