using Dapper;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Npgsql;

namespace Journeys.Enrollments.Tests;

/// <summary>A change is in force once the moves that were under way have ended, and not only once nobody moves.</summary>
public sealed class MoveQueriesTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    [Fact]
    public async Task Moves_that_began_later_are_not_waited_for_when_it_is_asked_again()
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var other = await service.Database.OpenConnectionAsync();
        var first = await MoveAsync(connection);
        await Assert.ThrowsAsync<Unreachable>(() => WaitAsync(Change(1)));

        var later = await MoveAsync(other);
        await Assert.ThrowsAsync<Unreachable>(() => WaitAsync(Change(1)));
        await first.RollbackAsync();

        await WaitAsync(Change(1));
        await Assert.ThrowsAsync<Unreachable>(() => WaitAsync(Change(2)));
        await later.RollbackAsync();
        await WaitAsync(Change(2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task Moves_of_other_sites_are_waited_for_only_where_they_are_of_many(int sites)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var own = await connection.BeginTransactionAsync();
        Guid[] moved = [.. Enumerable.Range(0, sites).Select(_ => Guid.NewGuid())];
        await EnrollmentStore.LockActiveAsync(own, moved, moved, CancellationToken.None);

        await Assert.ThrowsAsync<Unreachable>(() => WaitAsync(moved[^1], Change(1)));
        if (sites == 1)
            await WaitAsync(Guid.NewGuid(), Change(2));
        else
            await Assert.ThrowsAsync<Unreachable>(() => WaitAsync(Guid.NewGuid(), Change(2)));

        await own.RollbackAsync();
        await WaitAsync(moved[^1], Change(1));
    }

    [Fact]
    public async Task A_move_of_another_site_that_waits_for_a_row_keeps_no_change_waiting()
    {
        var site = service.NewSite();
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var enrollment = (await site.EnterAsync(journey, "u1")).Enrollment;
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var holder = await connection.BeginTransactionAsync();
        await EnrollmentStore.LockActiveAsync(holder, [site.Id], [Guid.Parse(enrollment.Id)], CancellationToken.None);

        var waiting = site.DoAsync("u1", "any");
        await Eventually.True(
            async () => await CountMovesAsync() == 2,
            "the other move to wait");

        await WaitAsync(Guid.NewGuid(), Change(1));
        await holder.RollbackAsync();
        await waiting;
    }

    async Task<long> CountMovesAsync()
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>($"""
            select count(*)
            from pg_locks
            where locktype = 'advisory' and classid = {MoveQueries.LockClass} and objsubid = 2
              and database = (select oid from pg_database where datname = current_database())
            """);
    }

    static ApplyChangeRequest Change(int number) => new() { Paused = new() { State = new() { ChangeNo = number } } };

    Task WaitAsync(IMessage change) => WaitAsync(Guid.NewGuid(), change);

    Task WaitAsync(Guid siteId, IMessage change) => service.Get<MoveQueries>().WaitAsync(siteId, change, CancellationToken.None);

    static async Task<NpgsqlTransaction> MoveAsync(NpgsqlConnection connection)
    {
        var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("lock table enrollment.enrollment in row exclusive mode", transaction: transaction);
        return transaction;
    }
}
