using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>Stores reports of many people of a site in one transaction. A report that something stands in the way of is to be stored alone.</summary>
public sealed class ReportsTogether
{
    // Far more than a group takes. Alone, each still has time before its caller gives up.
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
            CommitAsync, report => report.Person.SiteId, report => (report.Person.UserId, report.Person.AnonymousId, report.JourneyId),
            TimeSpan.FromSeconds(postgres.Value.ConnectTimeoutSeconds));
    }

    /// <summary>Stores a report with those of others. Returns null if it is to be stored alone, which finds out what became of it where that is unknown.</summary>
    /// <exception cref="TooManyCalls">Too many reports of the site wait.</exception>
    /// <exception cref="Busy">Reports of the site take too long.</exception>
    public Task<ReportResult?> TryAsync(Report report, CancellationToken ct) => groups.AddAsync(report, ct);

    async Task<IReadOnlyList<ReportResult?>> CommitAsync(IReadOnlyList<Report> reports)
    {
        // Not the callers' tokens: who gives up must not undo what others wait for.
        using var limit = new CancellationTokenSource(LongestGroup);
        try
        {
            var results = await source.InTransactionAsync(transaction => StoreAsync(transaction, reports, limit.Token), limit.Token);
            // Here and not by the callers, some of whom may have gone.
            after.Announce([.. results.OfType<ReportResult>().Select(result => result.Enrollment)]);
            return results;
        }
        catch (Exception exception) when (RowFault.Is(exception) || RowFault.TookTooLong(exception) || limit.IsCancellationRequested)
        {
            // One of them is to blame, or they take too much together. Where the commit was under way and it is unknown what became of it, a report finds out alone.
            logger.LogWarning(exception, "{Count} reports of site {SiteId} cannot be stored together, so each is stored alone", reports.Count, reports[0].Person.SiteId);
            return new ReportResult?[reports.Count];
        }
    }

    async Task<IReadOnlyList<ReportResult?>> StoreAsync(NpgsqlTransaction transaction, IReadOnlyList<Report> reports, CancellationToken ct)
    {
        // Whoever is locked by somebody else, or is in no such journey, waits or is refused alone.
        var (locked, positions) = await EnrollmentStore.TryLockLatestAsync(transaction, [.. reports.Select(report => (report.Person, report.JourneyId))], ct);
        var results = new ReportResult?[reports.Count];
        if (locked.Rows.Count == 0)
            return results;

        var now = clock.At(locked.At);
        // What one person may take, so that nobody waits long for the rules of others.
        var effort = efforts.Of(reports[0].Person.SiteId, ct);
        foreach (var enrollment in await loader.LoadAsync(transaction, locked.Rows, ct, effort))
        {
            // One person may report by two names.
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
