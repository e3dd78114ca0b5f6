using System.Text.Json;
using Google.Protobuf;
using Journeys.BuildingBlocks.Databases;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;
using Simulated = Journeys.Protos.Simulation.V1;

namespace Journeys.Enrollments.Simulations;

/// <summary>The filter of a list of people; empty and null match all.</summary>
public sealed record PeopleFilter(string NodeId, string? Branch, string Ending, string Finding);

/// <summary>Stores the simulated people whose timelines were kept.</summary>
public sealed class SimulatedPersonStore(NpgsqlDataSource source)
{
    /// <summary>Adds people of one simulation.</summary>
    public static Task AddAsync(
        NpgsqlTransaction transaction, SimulationRow simulation, IReadOnlyList<Simulated.SimulatedPerson> people, IReadOnlyList<Simulated.Finding> findings,
        CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.simulated_person (site_id, simulation_id, person_index, summary, marks, timeline)
            select @SiteId, @SimulationId, person.index, person.summary, person.marks::jsonb, person.timeline
            from unnest(@indexes, @summaries, @marks, @timelines) as person (index, summary, marks, timeline)
            """;

        var summaries = people.Select(person => PersonSummary.Of(person, findings)).ToList();
        var parameters = new
        {
            simulation.SiteId,
            simulation.SimulationId,
            indexes = people.Select(person => person.Index).ToArray(),
            summaries = summaries.Select(summary => summary.ToByteArray()).ToArray(),
            marks = people.Zip(summaries, (person, summary) => JsonSerializer.Serialize(MarksOf(person, summary))).ToArray(),
            timelines = people.Select(person => person.ToByteArray()).ToArray(),
        };
        return transaction.ExecuteAsync(sql, parameters, ct);
    }

    /// <summary>Returns the summaries of people after a number, in order.</summary>
    public async Task<IReadOnlyList<Proto.SimulatedPersonSummary>> ListAsync(
        Guid siteId, Guid simulationId, PeopleFilter filter, int after, int limit, CancellationToken ct)
    {
        const string sql = """
            select summary
            from enrollment.simulated_person
            where site_id = @siteId and simulation_id = @simulationId and person_index > @after and marks @> @wanted::jsonb
            order by person_index
            limit @limit
            """;

        var parameters = new { siteId, simulationId, after, wanted = JsonSerializer.Serialize(WantedBy(filter)), limit };
        await using var connection = await source.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<byte[]>(sql, parameters, ct);
        return [.. rows.Select(Proto.SimulatedPersonSummary.Parser.ParseFrom)];
    }

    /// <summary>Returns the timeline of one person; null when it was not kept.</summary>
    public async Task<byte[]?> FindAsync(Guid siteId, Guid simulationId, int index, CancellationToken ct)
    {
        const string sql = """
            select timeline
            from enrollment.simulated_person
            where site_id = @siteId and simulation_id = @simulationId and person_index = @index
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ScalarAsync<byte[]?>(sql, new { siteId, simulationId, index }, ct);
    }

    static HashSet<string> MarksOf(Simulated.SimulatedPerson person, Proto.SimulatedPersonSummary summary)
    {
        var marks = summary.Findings.Select(Finding).ToHashSet(StringComparer.Ordinal);
        marks.Add(Ending(summary.Ending));
        foreach (var visits in person.Attempts.Select(attempt => attempt.Visits))
        {
            marks.UnionWith(visits.Select(visit => Node(visit.NodeId)));
            marks.UnionWith(visits.Zip(visits.Skip(1), (left, next) => Way(left.NodeId, next.Branch)));
        }

        return marks;
    }

    static IEnumerable<string> WantedBy(PeopleFilter filter)
    {
        if (filter.NodeId.Length > 0)
            yield return filter.Branch is { } branch ? Way(filter.NodeId, branch) : Node(filter.NodeId);
        if (filter.Ending.Length > 0)
            yield return Ending(filter.Ending);
        if (filter.Finding.Length > 0)
            yield return Finding(filter.Finding);
    }

    // Node ids contain no slash.
    static string Node(string id) => $"node/{id}";

    static string Way(string node, string branch) => $"way/{node}/{branch}";

    static string Ending(string name) => $"ending/{name}";

    static string Finding(string code) => $"finding/{code}";
}
