using Dapper;
using Journeys.Enrollments.Jobs;
using Npgsql;
using Events = Journeys.Protos.Events.V1;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;

namespace Journeys.Enrollments.Tests;

/// <summary>
/// Plays the Scheduler for one job. At every boundary the worker dies right before its commit, does the chunk, and is asked for the same chunk
/// once more.
/// </summary>
public sealed class JobRunner(TestSite site, int limit = 500)
{
    /// <summary>Runs a job to its end, with something that happens before or after a chunk.</summary>
    /// <exception cref="InvalidOperationException">The job failed; the message says why.</exception>
    public async Task<(int Done, int Changed, int Total)> RunAsync(
        Kind kind, Guid? journey, string subject = "", Func<int, Task>? before = null, Func<int, Task>? between = null)
    {
        var run = site.Service.Get<ProcessChunk>();
        var (done, changed, total, last) = (0, 0, 0, false);
        var chunk = new Events.ChunkRequested
        {
            JobId = Guid.CreateVersion7().ToString(),
            SiteId = site.Id.ToString(),
            Kind = kind,
            Limit = limit,
            JourneyId = journey?.ToString() ?? "",
            SubjectId = subject,
        };
        while (!last)
        {
            chunk.ChunkNo++;
            await (before?.Invoke(chunk.ChunkNo) ?? Task.CompletedTask);
            await DieBeforeTheCommitAsync(run, chunk);
            await run.HandleAsync(chunk, CancellationToken.None);
            await run.HandleAsync(chunk, CancellationToken.None);

            var answers = (await site.SentAsync<Events.ChunkCompleted>()).Where(answer => answer.JobId == chunk.JobId && answer.ChunkNo == chunk.ChunkNo).ToList();
            Assert.Equal(2, answers.Count);
            // Whichever comes first counts, so they must be the same.
            Assert.Equal(answers[0], answers[1]);
            if (answers[0].Error.Length > 0)
                throw new InvalidOperationException(answers[0].Error);
            (done, changed, total) = (done + answers[0].Done, changed + answers[0].Changed, Math.Max(total, answers[0].Total));
            (chunk.Cursor, last) = (answers[0].NextCursor, answers[0].Last);
            if (!last)
                await (between?.Invoke(chunk.ChunkNo) ?? Task.CompletedTask);
        }

        return (done, changed, total);
    }

    // The very last statement before the commit fails.
    async Task DieBeforeTheCommitAsync(ProcessChunk run, Events.ChunkRequested chunk)
    {
        await ExecuteAsync("alter table enrollment.outbox add constraint dead check (message_type not like '%ChunkCompleted') not valid");
        await Assert.ThrowsAsync<PostgresException>(() => run.HandleAsync(chunk, CancellationToken.None));
        await ExecuteAsync("alter table enrollment.outbox drop constraint dead");
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await site.Service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
