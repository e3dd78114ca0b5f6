using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.RuleQueries;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Microsoft.Extensions.Options;
using Npgsql;
using ProtoOperator = Journeys.Protos.Rule.V1.Rule.Types.Condition.Types.Operator;

namespace Journeys.Enrollments.Tests;

/// <summary>A rule for which the database needs too long takes neither its connections nor its time from others.</summary>
public sealed class SlowRuleTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    static readonly Rule Everybody = new NotRule(new ConditionRule("traits.none", Operator.Exists, default));

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_preview_that_takes_too_long_is_refused_with_a_reason()
    {
        await using var members = Members(timeoutSeconds: 1);
        await using var locked = await LockEverybodyAsync();

        var refusal = await Assert.ThrowsAsync<Refused>(() => PreviewAsync(members));

        Assert.Equal("RULE_TOO_SLOW", refusal.Reason);
    }

    [Fact]
    public async Task However_many_members_of_a_site_preview_at_once_the_database_works_for_one_of_them()
    {
        await site.IdentifyAsync("u1");
        await using var members = Members(timeoutSeconds: 30);
        List<Task<(int Matching, int Total, IReadOnlyList<Profiles.ProfileRow> Sample)>> previews;
        await using (var locked = await LockEverybodyAsync())
        {
            previews = [.. Enumerable.Range(0, 8).Select(_ => PreviewAsync(members))];

            var refused = await Task.WhenAll(previews.Skip(5).Select(preview => Assert.ThrowsAsync<TooManyCalls>(() => preview)));
            Assert.All(refused, refusal => Assert.Equal(TimeSpan.FromSeconds(1), refusal.RetryAfter));
        }

        Assert.All(await Task.WhenAll(previews.Take(5)), preview => Assert.Equal((1, 1), (preview.Matching, preview.Total)));
    }

    [Fact]
    public async Task A_preview_stops_when_its_caller_leaves_and_the_next_one_begins()
    {
        await site.IdentifyAsync("u1");
        using var leaving = new CancellationTokenSource();
        var everybody = new PreviewAudienceRequest { Rule = new() { Not = new() { Rule = new() { Condition = new() { Field = "traits.none", Operator = ProtoOperator.Exists } } } } };
        await using (var locked = await LockEverybodyAsync())
        {
            var preview = site.Profiles.PreviewAudienceAsync(everybody, cancellationToken: leaving.Token).ResponseAsync;
            await Eventually.True(async () => await service.Database.CountWaitersAsync() == 1, "the preview to wait for the database");

            await leaving.CancelAsync();

            await Assert.ThrowsAsync<RpcException>(() => preview);
            // Long before the time that a preview may take is over, for the lock stays.
            await Eventually.Equal(0, service.Database.CountWaitersAsync, "statements that wait", TimeSpan.FromSeconds(5));
        }

        Assert.Equal(1, (await site.Profiles.PreviewAudienceAsync(everybody)).Count);
    }

    [Fact]
    public async Task A_sweep_that_waits_for_a_lock_is_tried_again_and_takes_nobody_for_slow()
    {
        var candidates = await CandidatesAsync();
        await using var members = Members(timeoutSeconds: 1);
        await using var locked = await LockEverybodyAsync();

        var failure = await Assert.ThrowsAsync<PostgresException>(() => service.Database.InTransactionAsync(
            transaction => members.LockCandidatesAsync(transaction, candidates, Guid.Empty, 100, CancellationToken.None), CancellationToken.None));

        Assert.Equal(PostgresErrorCodes.LockNotAvailable, failure.SqlState);
    }

    [Fact]
    public async Task Candidates_are_found_wherever_the_windows_end()
    {
        var candidates = await CandidatesAsync();
        for (var person = 0; person < 7; person++)
            await site.IdentifyAsync($"u{person}");
        await using var members = Members(timeoutSeconds: 10, window: 3);

        var found = new List<string>();
        for (var (after, parts) = (Guid.Empty, 0); parts < 10; parts++)
        {
            var part = (await service.Database.InTransactionAsync(
                transaction => members.LockCandidatesAsync(transaction, candidates, after, 2, CancellationToken.None), CancellationToken.None))!;
            found.AddRange(part.Found.Select(person => person.UserId));
            if (part.Last is not { } last)
                break;
            after = last;
        }

        Assert.Equal(Enumerable.Range(0, 7).Select(person => $"u{person}"), found.Order());
    }

    AudienceQueries Members(int timeoutSeconds, int window = 50_000) => new(
        service.Database,
        Options.Create(new AudienceOptions { PreviewTimeoutSeconds = timeoutSeconds, SweepTimeoutSeconds = timeoutSeconds, SweepWindow = window }),
        TimeProvider.System);

    Task<(int Matching, int Total, IReadOnlyList<Profiles.ProfileRow> Sample)> PreviewAsync(AudienceQueries members) =>
        members.PreviewAsync(site.Id, Everybody, static _ => null, sample: 1, CancellationToken.None);

    async Task<AudienceQueries.Candidates> CandidatesAsync()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var live = (await service.Get<JourneyCatalog>().NowAsync(site.Id, CancellationToken.None)).Journeys[journey];
        return new AudienceQueries.Candidates(live, Everybody, static _ => null);
    }

    // Whoever reads profiles waits until it is disposed of.
    async Task<NpgsqlConnection> LockEverybodyAsync()
    {
        var connection = await service.Database.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "begin; lock table enrollment.profile in access exclusive mode";
        await command.ExecuteNonQueryAsync();
        return connection;
    }
}
