using Dapper;
using Journeys.BuildingBlocks.Failures;
using Journeys.Enrollments.Jobs;
using Journeys.Testing;
using Npgsql;
using Events = Journeys.Protos.Events.V1;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;

namespace Journeys.Enrollments.Tests;

/// <summary>A sweep that meets somebody whom another transaction holds keeps nobody else, and comes back for them.</summary>
public sealed class BusyPersonSweepTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Those_before_somebody_who_is_being_changed_are_let_in_and_the_next_chunk_begins_with_them()
    {
        var journey = await SweptAsync();
        var (first, busy) = (await ProfileAsync("u0"), await ProfileAsync("u1"));
        var chunk = Chunk(journey);
        await using (await HoldAsync("update enrollment.profile set seen_at = seen_at where profile_id = @busy", busy))
        {
            var answer = await AnswerAsync(chunk);
            Assert.Equal((1, 1, false, $"{first}"), (answer.Done, answer.Changed, answer.Last, answer.NextCursor));
            Assert.Equal(["u0"], await InsideAsync(journey));

            (chunk.ChunkNo, chunk.Cursor) = (2, answer.NextCursor);
            await Assert.ThrowsAsync<NotYet>(() => service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None));
            // Nobody waits for the sweep.
            await site.IdentifyAsync("u2", traits: """{"plan": "pro", "ends": "2040-01-01"}""");
        }

        await RunToTheEndAsync(chunk);

        Assert.Equal(["u0", "u1", "u2"], await InsideAsync(journey));
    }

    [Fact]
    public async Task Somebody_who_is_being_erased_is_passed_over_once_they_are_gone()
    {
        var journey = await SweptAsync();
        var busy = await ProfileAsync("u0");
        var chunk = Chunk(journey);
        await using (var erasing = await HoldAsync("delete from enrollment.profile where profile_id = @busy", busy))
        {
            await Assert.ThrowsAsync<NotYet>(() => service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None));
            await erasing.ExecuteAsync("commit transaction");
        }

        await RunToTheEndAsync(chunk);

        Assert.Equal(["u1", "u2"], await InsideAsync(journey));
    }

    [Fact]
    public async Task Who_ceased_to_match_after_they_were_found_is_not_let_in()
    {
        var journey = await SweptAsync();
        var chunk = Chunk(journey);
        Task<Events.ChunkCompleted> sweep;
        // Reads go on meanwhile, and locks of rows wait.
        await using (var changing = await HoldAsync("lock table enrollment.profile in exclusive mode", Guid.Empty))
        {
            sweep = AnswerAsync(chunk);
            await Eventually.True(async () => await service.Database.CountWaitersAsync() == 1, "the sweep to want those whom it found");
            var id = await ProfileAsync("u1");
            await changing.ExecuteAsync("update enrollment.profile set traits = '{}' where profile_id = @id", new { id });
            await changing.ExecuteAsync("commit transaction");
        }

        Assert.Equal((2, true), ((await sweep).Changed, (await sweep).Last));
        Assert.Equal(["u0", "u2"], await InsideAsync(journey));
    }

    // u0, u1 and u2, in this order, match a journey in which people wait for a date of theirs.
    async Task<Guid> SweptAsync()
    {
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""");
        for (var n = 0; n < 3; n++)
        {
            await site.IdentifyAsync($"u{n}", traits: """{"plan": "pro", "ends": "2040-01-01"}""");
            service.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        return await site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\",",
            Designs.Start, """{"id": "w", "wait": {"traitDate": {"trait": "ends"}}}""", Designs.End));
    }

    Events.ChunkRequested Chunk(Guid journey) => new()
    {
        JobId = $"{Guid.CreateVersion7()}",
        SiteId = $"{site.Id}",
        Kind = Kind.AudienceSweep,
        ChunkNo = 1,
        Limit = 500,
        JourneyId = $"{journey}",
    };

    async Task<Events.ChunkCompleted> AnswerAsync(Events.ChunkRequested chunk)
    {
        await service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None);
        var answers = await site.SentAsync<Events.ChunkCompleted>();
        return answers.Single(answer => answer.JobId == chunk.JobId && answer.ChunkNo == chunk.ChunkNo);
    }

    async Task RunToTheEndAsync(Events.ChunkRequested chunk)
    {
        for (var answer = await AnswerAsync(chunk); !answer.Last; answer = await AnswerAsync(chunk))
        {
            Assert.Equal("", answer.Error);
            (chunk.ChunkNo, chunk.Cursor) = (chunk.ChunkNo + 1, answer.NextCursor);
        }
    }

    // In a transaction that is rolled back when it is disposed of.
    async Task<NpgsqlConnection> HoldAsync(string sql, Guid busy)
    {
        var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("begin transaction");
        await connection.ExecuteAsync(sql, new { busy });
        return connection;
    }

    async Task<Guid> ProfileAsync(string userId)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<Guid>(
            "select profile_id from enrollment.profile where site_id = @Id and user_id = @userId", new { site.Id, userId });
    }

    async Task<IEnumerable<string>> InsideAsync(Guid journey) => (await site.EnrollmentsAsync(journey)).Select(one => one.UserId).Order();
}
