using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Changes;
using Microsoft.Extensions.Options;
using Npgsql;
using Rule = Journeys.Protos.Rule.V1.Rule;

namespace Journeys.Definitions.Editing;

/// <summary>The steps that creating an audience and importing one with a journey share.</summary>
public sealed class NewAudience(AudienceNews news, IOptions<DefinitionQuotas> quotas, TimeProvider time)
{
    /// <summary>Returns a new audience after checking each field on its own.</summary>
    /// <exception cref="InvalidInput">A field is invalid; its name follows <paramref name="path"/>.</exception>
    public AudienceRow Make(Guid siteId, string name, string description, Rule? rule, string path)
    {
        var now = time.GetStoredNow();
        return AudienceCheck.Of(
            new AudienceRow
            {
                SiteId = siteId,
                AudienceId = FreshId.Make(now),
                Name = name,
                Description = description,
                Rule = Check.Present(rule, $"{path}rule").ToByteArray(),
                Revision = 1,
                CreatedAt = now,
                UpdatedAt = now,
            },
            path);
    }

    /// <summary>Adds a checked audience and its message. The transaction has taken the turn for audiences.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="audience">As <see cref="Make"/> returned it.</param>
    /// <param name="net">All audiences of the site, to which this one is added.</param>
    /// <param name="called">The key that its author chose; empty to make one from the name.</param>
    /// <param name="path">Stands before the fields' names.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="InvalidInput">Its rule cannot be used among the others, as <see cref="AudienceNet.Set"/> says.</exception>
    /// <exception cref="Refused">Reason TOO_MANY_AUDIENCES or AUDIENCES_TOO_LARGE.</exception>
    /// <exception cref="AlreadyThere">Reason NAME_TAKEN or KEY_TAKEN.</exception>
    public async Task<AudienceRow> AddAsync(
        NpgsqlTransaction transaction, AudienceRow audience, AudienceNet net, string called, string path, CancellationToken ct)
    {
        var most = quotas.Value.AudiencesPerSite;
        if (net.Count >= most)
            throw new Refused("TOO_MANY_AUDIENCES", $"A site has at most {most} audiences; delete some that are not needed.");

        net.Set(audience, path, quotas.Value.AudienceMegabytesPerSite);
        var taken = await KeyStore.ListOfAudiencesAsync(transaction, audience.SiteId, ct);
        var keyed = audience with { Key = Keys.Choose("audience", called, audience.Name, taken) };
        if (!await AudienceStore.AddAsync(transaction, keyed, ct))
            throw AudienceCheck.NameTaken(keyed.Name);

        await news.AddAsync(transaction, keyed, deleted: false, ct);
        return keyed;
    }
}
