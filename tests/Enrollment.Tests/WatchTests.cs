using System.Collections.Concurrent;
using Dapper;
using Grpc.Core;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Sdk;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Microsoft.Extensions.Logging;
using Npgsql;
using Kind = Journeys.Protos.Enrollment.V1.WatchResponse.Types.Kind;

namespace Journeys.Enrollments.Tests;

/// <summary>Open pages hear of their person, and many of them cost the database no more than one.</summary>
public sealed class WatchTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_stranger_is_told_once_they_are_somebody_and_again_when_they_become_a_user()
    {
        var journey = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        using var over = new CancellationTokenSource();
        var page = new Page();
        var watching = service.Get<WatchPerson>().HandleAsync(new PersonKey(site.Id, "", "visitor-1"), page, over.Token);
        await page.HearsAsync(Kind.KeepAlive);

        await site.EnterAsync(journey, "visitor-1");
        await service.Get<PositionSubscriptions>().RunOnceAsync(CancellationToken.None);
        await page.HearsAsync(Kind.Position);
        var first = page.Heard.Last().Position.Enrollment;
        await site.Sdk.IdentifyAsync(new() { UserId = "anna", AnonymousId = "visitor-1" });
        // The one in ten runs in which those are looked for who are known already.
        for (var run = 0; run < 10; run++)
            await service.Get<PositionSubscriptions>().RunOnceAsync(CancellationToken.None);
        await Eventually.True(() => Task.FromResult(page.Heard.Last().Position?.Enrollment.UserId == "anna"), "the page to hear of the user");
        await over.CancelAsync();

        Assert.Equal(first.Id, page.Heard.Last().Position.Enrollment.Id);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task An_open_page_hears_of_a_pause_a_resume_a_halt_and_its_end()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "berta");
        service.Clock.Advance(TimeSpan.FromMinutes(1));
        using var over = new CancellationTokenSource();
        var page = new Page();
        var watching = service.Get<WatchPerson>().HandleAsync(new PersonKey(site.Id, "berta", ""), page, over.Token);
        await ShowsAsync(step: true);

        await site.PauseAsync(journey);
        await ShowsAsync(step: false);
        await site.ResumeAsync(journey);
        await ShowsAsync(step: true);
        await site.HaltAsync();
        await ShowsAsync(step: false);
        await site.HaltAsync(halted: false);
        await ShowsAsync(step: true);
        await over.CancelAsync();
        await Record.ExceptionAsync(() => watching);

        Task ShowsAsync(bool step) => Eventually.True(
            async () =>
            {
                await service.Get<PositionSubscriptions>().RunOnceAsync(CancellationToken.None);
                return page.Heard.LastOrDefault(heard => heard.Kind == Kind.Position) is { } last && last.Position.Step is not null == step;
            },
            $"the page to show {(step ? "a" : "no")} step");
    }

    [Fact]
    public async Task What_changed_at_another_replica_while_looks_failed_is_told_by_the_next_one()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        await site.EnterAsync(journey, "u1");
        var watchers = new PositionSubscriptions(service.Get<EnrollmentQueries>(), service.Clock);
        var page = new Page();
        using var over = new CancellationTokenSource();
        var watching = new WatchPerson(service.Database, service.Get<Positions>(), watchers).HandleAsync(new PersonKey(site.Id, "u1", ""), page, over.Token);
        await page.HearsAsync(Kind.Position);
        await watchers.RunOnceAsync(CancellationToken.None);

        await site.ReportAsync(journey, "u1", "one");
        service.Clock.Advance(TimeSpan.FromSeconds(20));
        await watchers.RunOnceAsync(CancellationToken.None);

        await page.HearsAsync(Kind.Position, 2);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task What_another_replica_takes_long_to_commit_is_told_although_newer_changes_were()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        await site.EnterAsync(journey, "u1");
        service.Clock.Advance(TimeSpan.FromMinutes(5));
        var watchers = new PositionSubscriptions(service.Get<EnrollmentQueries>(), service.Clock);
        var page = new Page();
        using var over = new CancellationTokenSource();
        var watch = new WatchPerson(service.Database, service.Get<Positions>(), watchers);
        var watching = watch.HandleAsync(new PersonKey(site.Id, "u1", ""), page, over.Token);
        await page.HearsAsync(Kind.Position);
        await watchers.RunOnceAsync(CancellationToken.None);
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(
            "update enrollment.enrollment set node_id = 'two', updated_at = @now where site_id = @Id",
            new { site.Id, now = service.Clock.GetUtcNow() }, transaction);

        for (var second = 0; second < 30; second++)
        {
            service.Clock.Advance(TimeSpan.FromSeconds(1));
            await watchers.RunOnceAsync(CancellationToken.None);
        }

        await transaction.CommitAsync();
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        await watchers.RunOnceAsync(CancellationToken.None);

        await page.HearsAsync(Kind.Position, 2);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task Many_strangers_cost_one_query_for_all_of_them()
    {
        const int strangers = 40;
        using var commands = new CommandCount();
        await using var source = new NpgsqlDataSourceBuilder($"{service.ConnectionString};Maximum Pool Size=5")
            .UseLoggerFactory(LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(commands))).Build();
        using var over = new CancellationTokenSource();
        var watchers = new PositionSubscriptions(new EnrollmentQueries(source), TimeProvider.System);
        var watch = new WatchPerson(source, service.Get<Positions>(), watchers);
        var pages = Enumerable.Range(0, strangers).Select(_ => new Page()).ToList();
        var watching = Task.WhenAll(pages.Select((page, number) => watch.HandleAsync(new PersonKey(site.Id, "", $"visitor-{number}"), page, over.Token)));
        foreach (var page in pages)
            await page.HearsAsync(Kind.KeepAlive, 2);

        var atFirst = commands.Count;
        await watchers.RunOnceAsync(CancellationToken.None);
        await watchers.RunOnceAsync(CancellationToken.None);
        await over.CancelAsync();

        Assert.Equal((strangers, strangers + 2), (atFirst, commands.Count));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    /// <summary>Keeps what a page is told.</summary>
    sealed class Page : IServerStreamWriter<WatchResponse>
    {
        public ConcurrentQueue<WatchResponse> Heard { get; } = new();

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(WatchResponse message)
        {
            Heard.Enqueue(message.Clone());
            return Task.CompletedTask;
        }

        public Task WriteAsync(WatchResponse message, CancellationToken cancellationToken) => WriteAsync(message);

        public Task HearsAsync(Kind kind, int times = 1) =>
            Eventually.True(() => Task.FromResult(Heard.Count(each => each.Kind == kind) >= times), $"the page to hear {kind}");
    }

    /// <summary>Counts the commands that a data source has carried out.</summary>
    sealed class CommandCount : ILoggerProvider, ILogger
    {
        // As Npgsql numbers what it logs.
        const int CommandCompleted = 2001;

        int count;

        public int Count => count;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == CommandCompleted)
                Interlocked.Increment(ref count);
        }

        public void Dispose()
        {
        }
    }
}
