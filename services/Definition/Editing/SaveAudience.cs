using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Changes;
using Journeys.Engine;
using Journeys.EngineContracts;
using Microsoft.Extensions.Options;
using Npgsql;
using Rule = Journeys.Protos.Rule.V1.Rule;

namespace Journeys.Definitions.Editing;

/// <summary>Creates, changes and deletes audiences. Live journeys that use an audience follow its changes.</summary>
public sealed class SaveAudience(
    NpgsqlDataSource source, IdempotencyKeys keys, Outbox outbox, Nudge nudge, IOptions<DefinitionQuotas> quotas, TimeProvider time)
{
    /// <summary>Creates an audience. A repeat of the request returns the first answer.</summary>
    public async Task<AudienceRow> CreateAsync(
        Guid siteId, string name, string description, Rule? rule, string called, RequestKey? key, CancellationToken ct)
    {
        var audience = Checked(siteId, name, description, rule, path: "");

        var answer = await source.InTransactionAsync(
            async transaction =>
            {
                if (await keys.ClaimAsync(transaction, key, [audience.AudienceId], ct) is { Made: [var first, ..] })
                    return await AudienceStore.LockAsync(transaction, siteId, first, ct) ?? throw new NotFound("audience", first);

                await AudienceStore.TakeTurnAsync(transaction, siteId, ct);
                return await AddAsync(transaction, audience, await AudienceNet.ReadAsync(transaction, siteId, ct), called, path: "", ct);
            },
            ct);

        return await TellAsync(answer, ct);
    }

    /// <summary>Returns a new audience after checking each field on its own.</summary>
    /// <exception cref="InvalidInput">A field is invalid; its name follows <paramref name="path"/>.</exception>
    public AudienceRow Checked(Guid siteId, string name, string description, Rule? rule, string path)
    {
        var now = time.GetStoredNow();
        return Checked(
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

    /// <summary>
    /// Adds a checked audience and its message, with the key that its author chose or one derived from its name. The
    /// transaction has taken the turn for audiences.
    /// </summary>
    public async Task<AudienceRow> AddAsync(
        NpgsqlTransaction transaction, AudienceRow audience, AudienceNet net, string called, string path, CancellationToken ct)
    {
        if (net.Count >= quotas.Value.AudiencesPerSite)
            throw new Refused("TOO_MANY_AUDIENCES", $"A site has at most {quotas.Value.AudiencesPerSite} audiences; delete some that are not needed.");
        Set(net, audience, path);
        var taken = await KeyStore.ListOfAudiencesAsync(transaction, audience.SiteId, ct);
        var keyed = audience with { Key = Keys.Choose("audience", called, audience.Name, taken) };
        if (!await AudienceStore.AddAsync(transaction, keyed, ct))
            throw NameTaken(keyed.Name);
        await ChangeStore.AddAudienceAsync(transaction, keyed, deleted: false, keyed.UpdatedAt, ct);
        await outbox.AddAsync(transaction, keyed.ToMessage(deleted: false), ct);
        return keyed;
    }

    /// <summary>Changes the given fields. Returns the audience unchanged if nothing differs.</summary>
    public async Task<AudienceRow> UpdateAsync(
        Guid siteId, Guid audienceId, int? revision, string? name, string? description, Rule? rule, CancellationToken ct)
    {
        var audience = await source.InTransactionAsync(
            async transaction =>
            {
                await AudienceStore.TakeTurnAsync(transaction, siteId, ct);
                var known = await AudienceStore.LockAsync(transaction, siteId, audienceId, ct) ?? throw new NotFound("audience", audienceId);
                if (revision is { } wanted && wanted != known.Revision)
                    throw new Conflict("STALE_REVISION", $"The audience is now at revision {known.Revision}, not at {wanted}; read it again.");

                var changed = known with { Name = name ?? known.Name, Description = description ?? known.Description, Rule = rule?.ToByteArray() ?? known.Rule };
                var isOtherRule = !changed.ReadRule().Equals(known.ReadRule());
                if ((changed.Name, changed.Description) == (known.Name, known.Description) && !isOtherRule)
                    return known;

                changed = Checked(changed with { Revision = known.Revision + 1, UpdatedAt = time.GetStoredNow(), AppliedEverywhere = false }, path: "");
                if (isOtherRule)
                    Set(await AudienceNet.ReadAsync(transaction, siteId, ct), changed, path: "");
                if (!await AudienceStore.UpdateAsync(transaction, changed, ct))
                    throw NameTaken(changed.Name);
                await ChangeStore.AddAudienceAsync(transaction, changed, deleted: false, changed.UpdatedAt, ct);
                await outbox.AddAsync(transaction, changed.ToMessage(deleted: false), ct);
                return changed;
            },
            ct);

        return await TellAsync(audience, ct);
    }

    /// <summary>Deletes an audience that is not in use.</summary>
    public async Task DeleteAsync(Guid siteId, Guid audienceId, CancellationToken ct)
    {
        var gone = await source.InTransactionAsync(
            async transaction =>
            {
                await AudienceStore.TakeTurnAsync(transaction, siteId, ct);
                var audience = await AudienceStore.LockAsync(transaction, siteId, audienceId, ct) ?? throw new NotFound("audience", audienceId);
                // Read after the lock, so that it includes a journey whose transaction held the audience until then.
                var all = await AudienceStore.ListAllAsync(transaction, siteId, ct);
                if (all.Single(one => one.AudienceId == audienceId).Journeys > 0 || all.Any(other => AudienceIds.SetOf(other.ReadRule()).Contains(audienceId)))
                    throw new Refused("AUDIENCE_IN_USE", $"{audience.Name} is used by a journey or by another audience.");

                await AudienceStore.DeleteAsync(transaction, audience, ct);
                var last = audience with { Revision = audience.Revision + 1, UpdatedAt = time.GetStoredNow() };
                var message = last.ToMessage(deleted: true);
                await ChangeStore.AddAudienceAsync(transaction, last, deleted: true, last.UpdatedAt, ct);
                await outbox.AddAsync(transaction, message, ct);
                return message;
            },
            ct);

        await nudge.SendAsync(gone, ct);
    }

    /// <summary>
    /// Sends Enrollment an audience after the commit, unless it is acknowledged already. Returns the audience as it is
    /// afterwards.
    /// </summary>
    public async Task<AudienceRow> TellAsync(AudienceRow audience, CancellationToken ct) =>
        audience.AppliedEverywhere ? audience : audience with { AppliedEverywhere = await nudge.SendAsync(audience.ToMessage(deleted: false), ct) };

    static AudienceRow Checked(AudienceRow audience, string path)
    {
        Check.Name(audience.Name, $"{path}name");
        Check.Description(audience.Description, $"{path}description");
        var rule = audience.ReadRule();
        var violations = DurationCheck.Of(rule, $"{path}rule").ToList();
        if (violations.Count == 0)
            violations.AddRange(RuleValidator.Validate(RuleReader.Read(rule), RuleScope.Person, $"{path}rule").Select(problem => new Violation(problem.Field, problem.Message)));
        return violations.Count == 0 ? audience : throw new InvalidInput(violations);
    }

    void Set(AudienceNet net, AudienceRow audience, string path)
    {
        net.Set(audience, path);
        var most = quotas.Value.AudienceMegabytesPerSite;
        if (net.Bytes > most * Limits.Megabyte)
            throw new Refused("AUDIENCES_TOO_LARGE", $"A site's audience rules can have at most {most} MiB in total. Shorten or delete some.");
    }

    static AlreadyThere NameTaken(string name) => new("NAME_TAKEN", $"An audience named {name} already exists.");
}
