using Dapper;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Journeys.Enrollments.Tests;

/// <summary>Enrollments that are set aside are tried again by turns of their sites, each by one replica.</summary>
public sealed class SetAsideRetryTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();
    readonly TestSite other = service.NewSite();

    [Fact]
    public async Task Many_of_one_site_who_are_due_keep_nobody_of_another_from_being_tried()
    {
        var (many, one) = (await site.WaitingAsync(120), await other.WaitingAsync(1));
        await SetAsideAsync(many.Journey, due: 60);
        await SetAsideAsync(one.Journey, due: 1);

        await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);

        Assert.InRange(await AsideAsync(many.Journey), 1, 119);
        Assert.Equal(0, await AsideAsync(one.Journey));
    }

    [Fact]
    public async Task Who_is_being_tried_is_left_to_that_replica_until_it_would_be_done()
    {
        var people = await site.WaitingAsync(6);
        await SetAsideAsync(people.Journey, due: 60);

        var taken = await Task.WhenAll(TakeAsync(), TakeAsync());
        var meanwhile = await TakeAsync();
        service.Clock.Advance(RetrySetAside.Claim);
        var after = await TakeAsync();

        Assert.Equal(6, taken.Sum(ids => ids.Count));
        Assert.Equal(6, taken.SelectMany(ids => ids).Distinct().Count());
        Assert.Empty(meanwhile);
        Assert.Equal(6, after.Count);

        async Task<IReadOnlyList<Guid>> TakeAsync()
        {
            var (store, ids) = (service.Get<SetAsideStore>(), new List<Guid>());
            foreach (var (siteId, enrollmentId) in await store.ListDueAsync(100, CancellationToken.None))
            {
                if (siteId == site.Id && await store.TakeAsync(siteId, enrollmentId, RetrySetAside.Claim, RetrySetAside.Locked, CancellationToken.None))
                    ids.Add(enrollmentId);
            }

            return ids;
        }
    }

    [Fact]
    public async Task Whoever_an_outage_keeps_from_being_tried_stays_due()
    {
        var people = await site.WaitingAsync(3);
        await SetAsideAsync(people.Journey, due: 60);
        await using var gone = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody");
        var retry = new RetryEnrollment(
            gone, service.Get<Enrollments.SetAside>(), service.Get<AdvanceEnrollments>(), service.Get<AfterCommit>(), service.Get<HealEnrollment>(),
            service.Get<ILogger<RetryEnrollment>>());

        await Assert.ThrowsAsync<NpgsqlException>(
            () => new RetrySetAside(service.Get<SetAsideStore>(), retry, service.Get<ILogger<RetrySetAside>>()).RunOnceAsync(CancellationToken.None));
        await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);

        // At most the one whose try the outage ended.
        Assert.InRange(await AsideAsync(people.Journey), 0, 1);
    }

    [Fact]
    public async Task Many_who_are_locked_make_way_for_others_of_their_site()
    {
        var (many, one) = (await site.WaitingAsync(20), await site.WaitingAsync(1));
        await SetAsideAsync(many.Journey, due: 60);
        await SetAsideAsync(one.Journey, due: 1);
        await using var holder = await service.Database.OpenConnectionAsync();
        await using (var held = await holder.BeginTransactionAsync())
        {
            await holder.ExecuteAsync("select from enrollment.enrollment where journey_id = @Journey for update", new { many.Journey }, held);

            for (var run = 0; run < 3; run++)
                await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);

            Assert.Equal((20, 0), (await AsideAsync(many.Journey), await AsideAsync(one.Journey)));
        }

        service.Clock.Advance(RetrySetAside.Locked);
        for (var run = 0; run < 2; run++)
            await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(0, await AsideAsync(many.Journey));
    }

    async Task<int> AsideAsync(Guid journeyId)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>("select count(*) from enrollment.set_aside where journey_id = @journeyId", new { journeyId });
    }

    // Everybody of a journey, since some seconds due for the next try.
    async Task SetAsideAsync(Guid journeyId, int due)
    {
        const string sql = """
            insert into enrollment.set_aside (site_id, enrollment_id, journey_id, signal, cause, failures, first_failed_at, last_failed_at, next_try_at)
            select site_id, enrollment_id, journey_id, '', 'A test.', 1, @now, @now, @now - @due * interval '1 second'
            from enrollment.enrollment where journey_id = @journeyId
            """;
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new { journeyId, due, now = service.Clock.GetUtcNow() });
    }
}
