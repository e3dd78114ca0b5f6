using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>
/// Stores reports of many people of a site in one transaction. A report that cannot be stored with the others is stored
/// alone.
/// </summary>
public sealed class ReportsTogether
{
    // Far more than a group needs. Stored alone afterwards, each report still has time before its caller's timeout.
    static readonly TimeSpan LongestGroup = TimeSpan.FromSeconds(3);

    readonly NpgsqlDataSource source;
    readonly EnrollmentLoader loader;
    readonly EnrollmentWriter writer;
    readonly AfterCommit after;
    readonly RuleEffort efforts;
    readonly Clock clock;
    readonly ILogger<ReportsTogether> logger;
    readonly GroupCommit<Report, ReportResult?> groups;

    public ReportsTogether(
        NpgsqlDataSource source, EnrollmentLoader loader, EnrollmentWriter writer, AfterCommit after, RuleEffort efforts, Clock clock,
        IOptions<PostgresOptions> postgres, ILogger<ReportsTogether> logger)
    {
        (this.source, this.loader, this.writer, this.after, this.efforts, this.clock, this.logger) = (source, loader, writer, after, efforts, clock, logger);
        groups = new(
            "store reports", CommitAsync, report => report.Person.SiteId, report => (report.Person.UserId, report.Person.AnonymousId, report.JourneyId),
            TimeSpan.FromSeconds(postgres.Value.ConnectTimeoutSeconds));
    }

    /// <summary>
    /// Stores a report with those of others. Returns null if it is to be stored alone, which also finds out its result
    /// if that is unknown.
    /// </summary>
    /// <exception cref="TooManyCalls">Too many reports of the site are waiting.</exception>
    /// <exception cref="Busy">Reports of the site take too long.</exception>
    public Task<ReportResult?> TryAsync(Report report, CancellationToken ct) => groups.AddAsync(report, ct);

    async Task<IReadOnlyList<ReportResult?>> CommitAsync(IReadOnlyList<Report> reports)
    {
        // Ignores the callers' tokens, because one cancelled call must not roll back the reports of others.
        using var limit = new CancellationTokenSource(LongestGroup);
        try
        {
            var results = await source.InTransactionAsync(transaction => StoreAsync(transaction, reports, limit.Token), limit.Token);
            // Announced here, because some of the callers may be gone.
            after.Announce([.. results.OfType<ReportResult>().Select(result => result.Enrollment)]);
            return results;
        }
        catch (Exception exception) when (RowFault.Is(exception) || RowFault.TookTooLong(exception) || limit.IsCancellationRequested)
        {
            // One report is the cause, or they take too long together. If the commit was in progress, its result is
            // unknown, and each report finds it out alone.
            logger.LogWarning(exception, "{Count} reports of site {SiteId} cannot be stored together, so each is stored alone", reports.Count, reports[0].Person.SiteId);
            return new ReportResult?[reports.Count];
        }
    }

    async Task<IReadOnlyList<ReportResult?>> StoreAsync(NpgsqlTransaction transaction, IReadOnlyList<Report> reports, CancellationToken ct)
    {
        // Reports of locked enrollments, and of people without an enrollment in the journey, are stored or refused
        // alone.
        var (locked, positions) = await EnrollmentStore.TryLockLatestAsync(transaction, [.. reports.Select(report => (report.Person, report.JourneyId))], ct);
        var results = new ReportResult?[reports.Count];
        if (locked.Rows.Count == 0)
            return results;

        var now = clock.At(locked.At);
        // One person's budget for the whole group, so that nobody waits long for the rules of others.
        var effort = efforts.Of(reports[0].Person.SiteId, ct);
        foreach (var enrollment in await loader.LoadAsync(transaction, locked.Rows, ct, effort))
        {
            // One person may report under two ids. Such reports are stored alone.
            if (positions[enrollment.Row.EnrollmentId].ToList() is [var position])
                results[position] = Apply(reports[position], enrollment, now);
        }

        await writer.SaveAsync(transaction, [.. results.OfType<ReportResult>().Select(result => result.Enrollment)], ct);
        return results;
    }

    static ReportResult? Apply(Report report, Enrollment enrollment, DateTimeOffset now)
    {
        if (!report.Person.Proves(enrollment.Row.UserId) || RepeatedReports.MayBeOne(report, enrollment.Row, now))
            return null;

        return new(enrollment, report.IsAbout(enrollment) ? enrollment.Receive([report.Reported], now) : SignalOutcome.Ignored);
    }
}
