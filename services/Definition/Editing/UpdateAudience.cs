using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Changes;
using Microsoft.Extensions.Options;
using Npgsql;
using Rule = Journeys.Protos.Rule.V1.Rule;

namespace Journeys.Definitions.Editing;

/// <summary>Changes an audience. Live journeys that use it follow.</summary>
public sealed class UpdateAudience(NpgsqlDataSource source, AudienceNews news, IOptions<DefinitionQuotas> quotas, TimeProvider time)
{
    /// <summary>Changes the given fields. Returns the audience unchanged if nothing differs.</summary>
    /// <exception cref="NotFound">The site has no such audience.</exception>
    /// <exception cref="Conflict">Reason STALE_REVISION.</exception>
    /// <exception cref="InvalidInput">A field is invalid, or the rule cannot be used among the site's others.</exception>
    /// <exception cref="Refused">Reason AUDIENCES_TOO_LARGE.</exception>
    /// <exception cref="AlreadyThere">Reason NAME_TAKEN.</exception>
    public async Task<AudienceRow> HandleAsync(
        Guid siteId, Guid audienceId, int? revision, string? name, string? description, Rule? rule, CancellationToken ct)
    {
        var audience = await source.InTransactionAsync(
            async transaction =>
            {
                await AudienceStore.TakeTurnAsync(transaction, siteId, ct);
                var known = await AudienceStore.LockAsync(transaction, siteId, audienceId, ct)
                    ?? throw new NotFound("audience", audienceId);
                if (revision is { } wanted && wanted != known.Revision)
                {
                    throw new Conflict(
                        "STALE_REVISION", $"The audience is now at revision {known.Revision}, not at {wanted}; read it again.");
                }

                var changed = known with
                {
                    Name = name ?? known.Name,
                    Description = description ?? known.Description,
                    Rule = rule?.ToByteArray() ?? known.Rule,
                };
                var isOtherRule = !changed.ReadRule().Equals(known.ReadRule());
                if ((changed.Name, changed.Description) == (known.Name, known.Description) && !isOtherRule)
                    return known;

                changed = changed with { Revision = known.Revision + 1, UpdatedAt = time.GetStoredNow(), AppliedEverywhere = false };
                AudienceCheck.Of(changed, path: "");
                if (isOtherRule)
                {
                    var net = await AudienceNet.ReadAsync(transaction, siteId, ct);
                    net.Set(changed, path: "", quotas.Value.AudienceMegabytesPerSite);
                }

                if (!await AudienceStore.UpdateAsync(transaction, changed, ct))
                    throw AudienceCheck.NameTaken(changed.Name);

                await news.AddAsync(transaction, changed, deleted: false, ct);
                return changed;
            },
            ct);

        return await news.SendAsync(audience, ct);
    }
}
