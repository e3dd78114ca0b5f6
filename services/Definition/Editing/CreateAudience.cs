using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Changes;
using Npgsql;
using Rule = Journeys.Protos.Rule.V1.Rule;

namespace Journeys.Definitions.Editing;

/// <summary>Creates an audience.</summary>
public sealed class CreateAudience(NpgsqlDataSource source, IdempotencyKeys keys, NewAudience audiences, AudienceNews news)
{
    /// <summary>Stores a new audience. A repeat of the request returns the first answer.</summary>
    /// <exception cref="InvalidInput">A field is invalid, or the rule cannot be used among the site's others.</exception>
    /// <exception cref="Refused">Reason TOO_MANY_AUDIENCES or AUDIENCES_TOO_LARGE.</exception>
    /// <exception cref="AlreadyThere">Reason NAME_TAKEN, KEY_TAKEN or REQUEST_ID_REUSED.</exception>
    /// <exception cref="NotFound">A repeat, and the audience has been deleted since.</exception>
    public async Task<AudienceRow> HandleAsync(
        Guid siteId, string name, string description, Rule? rule, string called, RequestKey? key, CancellationToken ct)
    {
        var audience = audiences.Make(siteId, name, description, rule, path: "");

        var answer = await source.InTransactionAsync(
            async transaction =>
            {
                if (await keys.ClaimAsync(transaction, key, [audience.AudienceId], ct) is { Made: [var first, ..] })
                    return await AudienceStore.LockAsync(transaction, siteId, first, ct) ?? throw new NotFound("audience", first);

                await AudienceStore.TakeTurnAsync(transaction, siteId, ct);
                var net = await AudienceNet.ReadAsync(transaction, siteId, ct);
                return await audiences.AddAsync(transaction, audience, net, called, path: "", ct);
            },
            ct);

        return await news.SendAsync(answer, ct);
    }
}
