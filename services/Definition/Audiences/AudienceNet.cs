using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Npgsql;

namespace Journeys.Definitions.Audiences;

/// <summary>The audiences of a site with their references to each other and the costs of their rules.</summary>
public sealed class AudienceNet
{
    readonly Dictionary<Guid, (string Name, Rule Rule, int Bytes)> audiences;

    /// <summary>Creates the net of these audiences.</summary>
    public AudienceNet(IEnumerable<AudienceRow> rows) => audiences = rows.ToDictionary(row => row.AudienceId, Read);

    /// <summary>Reads all audiences of a site. The transaction has taken the turn for audiences.</summary>
    public static async Task<AudienceNet> ReadAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct) =>
        new(await AudienceStore.ListAllAsync(transaction, siteId, ct));

    /// <summary>The number of audiences.</summary>
    public int Count => audiences.Count;

    /// <summary>Adds or replaces an audience.</summary>
    /// <exception cref="InvalidInput">
    /// The rule names an audience that does not exist, refers back to the audience itself, or makes its own rule or
    /// that of another audience too costly. The name of the field follows <paramref name="path"/>.
    /// </exception>
    /// <exception cref="Refused">
    /// Reason AUDIENCES_TOO_LARGE: the rules of the site have more than <paramref name="mostMegabytes"/> MiB in total.
    /// </exception>
    public void Set(AudienceRow audience, string path, int mostMegabytes)
    {
        var changed = Read(audience);
        RequireWay(audience.AudienceId, changed.Rule, path);
        Rule? After(Guid id) => id == audience.AudienceId ? changed.Rule : RuleOf(id);

        var (before, after) = (new RuleCosts(RuleOf), new RuleCosts(After));
        if (after.Of(changed.Rule).Fault is { } fault)
            throw new InvalidInput($"{path}rule", fault);
        foreach (var (name, rule, _) in Naming(audience.AudienceId))
        {
            // A rule that was too large already may become smaller step by step.
            if (after.Of(rule) is { Fault: { } outer } cost && cost.IsMoreThan(before.Of(rule)))
                throw new InvalidInput($"{path}rule", $"makes the audience {name} too large: it {outer}");
        }

        audiences[audience.AudienceId] = changed;
        if (audiences.Values.Sum(known => (long)known.Bytes) > mostMegabytes * Limits.Megabyte)
        {
            throw new Refused(
                "AUDIENCES_TOO_LARGE", $"A site's audience rules can have at most {mostMegabytes} MiB in total. Shorten or delete some.");
        }
    }

    void RequireWay(Guid audienceId, Rule rule, string path)
    {
        var open = new Stack<Guid>(RuleNeeds.Of(rule).Audiences);
        var seen = new HashSet<Guid>();
        while (open.TryPop(out var next))
        {
            if (next == audienceId)
                throw new InvalidInput($"{path}rule", "refers back to this audience.");
            if (RuleOf(next) is not { } inner)
                throw new InvalidInput($"{path}rule", $"names the audience {next}, which does not exist.");
            if (!seen.Add(next))
                continue;
            foreach (var further in RuleNeeds.Of(inner).Audiences)
                open.Push(further);
        }
    }

    // Returns the audiences that name this one, directly or indirectly.
    List<(string Name, Rule Rule, int Bytes)> Naming(Guid audienceId)
    {
        var naming = audiences.SelectMany(pair => RuleNeeds.Of(pair.Value.Rule).Audiences.Select(named => (Named: named, By: pair.Key)))
            .ToLookup(pair => pair.Named, pair => pair.By);
        var found = new HashSet<Guid>();
        var open = new Stack<Guid>([audienceId]);
        while (open.TryPop(out var next))
        {
            foreach (var outer in naming[next].Where(found.Add))
                open.Push(outer);
        }

        return [.. found.Select(id => audiences[id])];
    }

    Rule? RuleOf(Guid id) => audiences.TryGetValue(id, out var known) ? known.Rule : null;

    static (string Name, Rule Rule, int Bytes) Read(AudienceRow row) => (row.Name, RuleReader.Read(row.ReadRule())!, row.Rule.Length);
}
