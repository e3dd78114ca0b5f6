using Npgsql;

namespace Journeys.Chaos;

/// <summary>Waits until nothing is under way any more.</summary>
sealed class Settling(NpgsqlDataSource database, Action<string> say)
{
    // The watchdog acts a minute after a wait should have ended, and a failed message rests for a minute at most.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(20);

    /// <summary>False if something still is after five minutes; the ledger then says what.</summary>
    public async Task<bool> WaitAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var (began, saidAt) = (TimeProvider.System.GetTimestamp(), TimeSpan.Zero);
        while (true)
        {
            var left = await LeftAsync();
            var passed = TimeProvider.System.GetElapsedTime(began);
            if (left.Length == 0 || passed > Patience)
                return left.Length == 0;
            if (passed - saidAt > SayEvery)
            {
                saidAt = passed;
                say($"left: {left}");
            }

            await timer.WaitForNextTickAsync();
        }
    }

    async Task<string> LeftAsync()
    {
        const string sql = """
            select coalesce(string_agg(what || ' ' || amount, ', '), '')
            from (
                select 'definition''s outbox' as what, count(*) as amount from definition.outbox
                union all select 'enrollment''s outbox', count(*) from enrollment.outbox
                union all select 'scheduler''s outbox', count(*) from scheduler.outbox
                union all select 'definition''s failed messages', count(*) from definition.failed_message where next_try_at is not null
                union all select 'enrollment''s failed messages', count(*) from enrollment.failed_message where next_try_at is not null
                union all select 'scheduler''s failed messages', count(*) from scheduler.failed_message where next_try_at is not null
                union all select 'jobs', count(*) from scheduler.job where status = 'RUNNING'
                union all select 'timers', count(*) from scheduler.timer where not cancelled
                union all select 'parked timers', count(*) from scheduler.parked_timer
                union all select 'held signals', count(*) from enrollment.held_signal
                union all select 'set aside', count(*) from enrollment.set_aside
                union all select 'erasures', count(*) from enrollment.erasure
                union all select 'redactions', count(*) from enrollment.redaction
                union all select 'unfolded counts', count(*) from enrollment.statistic_change
                union all select 'waits', count(*) from enrollment.enrollment where wake_at is not null) as counted
            where amount > 0
            """;

        await using var command = database.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
