using Dapper;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.Enrollments.Journeys;
using Journeys.Protos.Enrollment.V1;
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

    static ApplyChangeRequest Change(int number) => new() { Paused = new() { State = new() { ChangeNo = number } } };

    Task WaitAsync(IMessage change) => service.Get<MoveQueries>().WaitAsync(change, CancellationToken.None);

    static async Task<NpgsqlTransaction> MoveAsync(NpgsqlConnection connection)
    {
        var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("lock table enrollment.enrollment in row exclusive mode", transaction: transaction);
        return transaction;
    }
}
