using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Protos.Enrollment.V1;
using Npgsql;
using Events = Journeys.Protos.Events.V1;
using Rule = Journeys.Protos.Rule.V1.Rule;

namespace Journeys.Definitions;

/// <summary>Creates, changes and deletes audiences; live journeys that use one follow.</summary>
public sealed class SaveAudience(NpgsqlDataSource source, AudienceStore audiences, Outbox outbox, Nudge nudge, TimeProvider time)
{
    public async Task<AudienceRow> CreateAsync(Guid siteId, string name, string description, Rule? rule, string requestId, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var audience = Checked(new AudienceRow
        {
            SiteId = siteId,
            AudienceId = Guid.CreateVersion7(now),
            Name = name,
            Description = description,
            Rule = Check.Present(rule, "rule").ToByteArray(),
            Revision = 1,
            CreatedAt = now,
            UpdatedAt = now,
        });
        Check.Text(requestId, 0, 64, "requestId");
        await RequireNoCircleAsync(audience, ct);

        var audienceId = await source.InTransactionAsync(
            async transaction =>
            {
                if (await JourneyStore.FirstAnswerAsync(transaction, siteId, requestId, audience.AudienceId, ct) is { } first)
                    return first;
                if (!await AudienceStore.AddAsync(transaction, audience, ct))
                    throw NameTaken(name);

                await outbox.AddAsync(transaction, ToMessage(audience, deleted: false), ct);
                return audience.AudienceId;
            },
            ct);

        await nudge.SendAsync(siteId, new ApplyChangeRequest { Audience = ToMessage(audience with { AudienceId = audienceId }, deleted: false) }, ct);
        return await audiences.FindAsync(siteId, audienceId, ct) ?? throw new NotFound("audience", audienceId);
    }

    public async Task<AudienceRow> UpdateAsync(
        Guid siteId, Guid audienceId, int? revision, string? name, string? description, Rule? rule, CancellationToken ct)
    {
        try
        {
            var audience = await source.InTransactionAsync(
                async transaction =>
                {
                    var known = await AudienceStore.LockAsync(transaction, siteId, audienceId, ct) ?? throw new NotFound("audience", audienceId);
                    if (revision is { } wanted && wanted != known.Revision)
                        throw new Conflict("STALE_REVISION", $"The audience is at revision {known.Revision} by now, not at {wanted}; read it again.");

                    var changed = Checked(known with
                    {
                        Name = name ?? known.Name,
                        Description = description ?? known.Description,
                        Rule = rule?.ToByteArray() ?? known.Rule,
                        Revision = known.Revision + 1,
                        UpdatedAt = time.GetUtcNow(),
                    });
                    await RequireNoCircleAsync(changed, ct);
                    await AudienceStore.UpdateAsync(transaction, changed, ct);
                    await outbox.AddAsync(transaction, ToMessage(changed, deleted: false), ct);
                    return changed;
                },
                ct);

            await nudge.SendAsync(siteId, new ApplyChangeRequest { Audience = ToMessage(audience, deleted: false) }, ct);
            return audience;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw NameTaken(name!);
        }
    }

    public async Task DeleteAsync(Guid siteId, Guid audienceId, CancellationToken ct)
    {
        var gone = await source.InTransactionAsync(
            async transaction =>
            {
                var audience = await AudienceStore.LockAsync(transaction, siteId, audienceId, ct) ?? throw new NotFound("audience", audienceId);
                var others = await audiences.ListAllAsync(siteId, ct);
                if (audience.Journeys > 0 || others.Any(other => NeedsOf(other).Contains(audienceId)))
                    throw new Refused("AUDIENCE_IN_USE", $"{audience.Name} is used by a journey or by another audience.");

                await AudienceStore.DeleteAsync(transaction, audience, ct);
                var message = ToMessage(audience with { Revision = audience.Revision + 1 }, deleted: true);
                await outbox.AddAsync(transaction, message, ct);
                return message;
            },
            ct);

        await nudge.SendAsync(siteId, new ApplyChangeRequest { Audience = gone }, ct);
    }

    static AudienceRow Checked(AudienceRow audience)
    {
        Check.Text(audience.Name, 1, 255, "name");
        Check.Text(audience.Description, 0, 4_096, "description");
        var problems = RuleValidator.Validate(RuleReader.Read(audience.ReadRule()), RuleScope.Person, "rule");
        return problems.Count == 0
            ? audience
            : throw new InvalidInput([.. problems.Select(problem => new Violation(problem.Field, problem.Message))]);
    }

    async Task RequireNoCircleAsync(AudienceRow audience, CancellationToken ct)
    {
        var all = (await audiences.ListAllAsync(audience.SiteId, ct)).ToDictionary(other => other.AudienceId);
        all[audience.AudienceId] = audience;
        var open = new Stack<Guid>(NeedsOf(audience));
        var seen = new HashSet<Guid>();
        while (open.TryPop(out var next))
        {
            if (next == audience.AudienceId)
                throw new InvalidInput("rule", "leads back to this audience itself.");
            if (!all.TryGetValue(next, out var other))
                throw new InvalidInput("rule", $"names the audience {next}, which does not exist.");
            if (seen.Add(next))
                NeedsOf(other).ToList().ForEach(open.Push);
        }
    }

    static HashSet<Guid> NeedsOf(AudienceRow audience) => RuleNeeds.Of(RuleReader.Read(audience.ReadRule())!).Audiences;

    static AlreadyThere NameTaken(string name) => new("NAME_TAKEN", $"There is an audience named {name} already.");

    static Events.AudienceChanged ToMessage(AudienceRow audience, bool deleted) => new()
    {
        SiteId = audience.SiteId.ToString(),
        AudienceId = audience.AudienceId.ToString(),
        Revision = audience.Revision,
        Name = audience.Name,
        Deleted = deleted,
        Rule = deleted ? null : audience.ReadRule(),
    };
}
