using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.Engine;
using Journeys.EngineContracts;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>An enrollment by a rule as stored.</summary>
public sealed record RuleEnrollmentRow
{
    public Guid SiteId { get; init; }
    public Guid JobId { get; init; }
    public Guid JourneyId { get; init; }
    public byte[] Rule { get; init; } = [];

    /// <summary>The number of people who matched when it was made.</summary>
    public int People { get; init; }

    /// <summary>Returns the rule.</summary>
    /// <exception cref="NotYet">Only a newer release can read it.</exception>
    public Rule ToRule() => RuleReader.Read(Protos.Rule.V1.Rule.Parser.ParseFrom(Rule))
        ?? throw new NotYet($"The rule of job {JobId} can be read by a newer release only.");
}

/// <summary>Stores enrollments by a rule.</summary>
public static class RuleEnrollmentStore
{
    /// <summary>Adds one.</summary>
    public static Task AddAsync(NpgsqlTransaction transaction, RuleEnrollmentRow row, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.rule_enrollment (site_id, job_id, journey_id, rule, people)
            values (@SiteId, @JobId, @JourneyId, @Rule, @People)
            """;
        return transaction.ExecuteAsync(sql, new { row.SiteId, row.JobId, row.JourneyId, row.Rule, row.People }, ct);
    }

    /// <summary>Removes one.</summary>
    public static Task ForgetAsync(NpgsqlTransaction transaction, Guid jobId, CancellationToken ct) =>
        transaction.ExecuteAsync("delete from enrollment.rule_enrollment where job_id = @jobId", new { jobId }, ct);

    /// <summary>Returns one; null when the site has none with this id.</summary>
    public static Task<RuleEnrollmentRow?> FindAsync(NpgsqlTransaction transaction, Guid siteId, Guid jobId, CancellationToken ct)
    {
        const string sql = """
            select site_id, job_id, journey_id, rule, people
            from enrollment.rule_enrollment
            where site_id = @siteId and job_id = @jobId
            """;
        return transaction.QuerySingleOrDefaultAsync<RuleEnrollmentRow>(sql, new { siteId, jobId }, ct);
    }
}
