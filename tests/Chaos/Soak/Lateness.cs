using System.Globalization;
using Journeys.Chaos.People;
using Journeys.Testing.Reports;
using Npgsql;

namespace Journeys.Chaos.Soak;

/// <summary>How late waits of a known length ended: those of the journey that is never paused.</summary>
sealed class Lateness(NpgsqlDataSource database, Scene scene)
{
    const int Parts = 6;

    /// <summary>Returns a table of the parts of the time, and what is wrong: nothing moved, or the second half was later than the first.</summary>
    public async Task<(Table Table, IReadOnlyList<string> Problems)> ConcludeAsync(DateTimeOffset from, DateTimeOffset to)
    {
        var table = new Table("lateness", "ms after the warm-up", "waits", "p50", "p99", "most");
        List<double> p99 = [];
        List<string> problems = [];
        for (var part = 0; part < Parts; part++)
        {
            var (begin, end) = (from + ((to - from) * part / Parts), from + ((to - from) * (part + 1) / Parts));
            var (waits, median, late, most) = await MeasureAsync(begin, end);
            p99.Add(late);
            if (waits == 0)
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"no wait ended from minute {(begin - from).TotalMinutes:0.0} to {(end - from).TotalMinutes:0.0}"));
            table.Add(
                string.Create(CultureInfo.InvariantCulture, $"minute {(begin - from).TotalMinutes:0.0} to {(end - from).TotalMinutes:0.0}"),
                waits, (long)median, (long)late, (long)most);
        }

        if (Growth.Rise(p99) is var (first, second))
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"the p99 of lateness rose from {first:0} ms in the first half to {second:0} ms in the second"));
        return (table, problems);
    }

    async Task<(long Waits, double Median, double Late, double Most)> MeasureAsync(DateTimeOffset begin, DateTimeOffset end)
    {
        const string sql = """
            select count(*), percentile_cont(array[0.5, 0.99, 1]) within group (order by late)
            from (
                select extract(epoch from after.entered_at - nap.entered_at) * 1000 - length.milliseconds as late
                from enrollment.enrollment e
                join enrollment.visit nap using (site_id, enrollment_id)
                join enrollment.visit after on after.site_id = nap.site_id and after.enrollment_id = nap.enrollment_id and after.visit_no = nap.visit_no + 1
                join unnest($2::text[], $3::float8[]) as length (node_id, milliseconds) on length.node_id = nap.node_id
                where e.journey_id = $1 and after.cause = 'timer' and after.entered_at >= $4 and after.entered_at < $5) as waits
            """;

        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = scene.Naps });
        command.Parameters.Add(new() { Value = Designs.NapSeconds.Select((_, number) => Designs.Nap(number)).ToArray() });
        command.Parameters.Add(new() { Value = Designs.NapSeconds.Select(seconds => seconds * 1_000.0).ToArray() });
        command.Parameters.Add(new() { Value = begin });
        command.Parameters.Add(new() { Value = end });
        command.CommandTimeout = 600;
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var shares = reader.IsDBNull(1) ? [0, 0, 0] : reader.GetFieldValue<double[]>(1);
        return (reader.GetInt64(0), shares[0], shares[1], shares[2]);
    }
}
