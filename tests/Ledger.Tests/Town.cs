using Google.Protobuf;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Enrollments.Analytics;
using Journeys.Enrollments.Tests;
using Journeys.Protos.Definition.V1;
using Journeys.Scheduling;
using Npgsql;
using Event = Journeys.Protos.Enrollment.V1.Event;
using Outcome = Journeys.Protos.Enrollment.V1.ReportProgressRequest.Types.Outcome;

namespace Journeys.Ledgers.Tests;

/// <summary>
/// A database that the three real services filled: people of three sites who stand everywhere that somebody can stand. Tests get copies of it, to
/// do harm to.
/// </summary>
public sealed class Town : IAsyncLifetime
{
    const string Template = "ledger_town";
    static int copies;

    readonly Dictionary<string, string> names = [];
    readonly Lazy<Task<string>> unharmed;
    string server = "";
    EnrollmentFixture service = null!;
    DefinitionBeside definition = null!;
    SchedulerBeside scheduler = null!;

    public Town() => unharmed = new(() => CopyAsync(""));

    /// <summary>A copy that nobody does harm to.</summary>
    public Task<string> Unharmed => unharmed.Value;

    /// <summary>What time it is in the town.</summary>
    public DateTimeOffset Now { get; private set; }

    /// <summary>Puts ids where a text has names in braces, such as `{ada}` for Ada's enrollment.</summary>
    public string Fill(string text) => names.Aggregate(text, (filled, name) => filled.Replace($"{{{name.Key}}}", name.Value, StringComparison.Ordinal));

    public async Task InitializeAsync()
    {
        service = new EnrollmentFixture();
        await service.InitializeAsync();
        definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        scheduler = await SchedulerBeside.StartAsync(service);

        await SettleAsync();
        await NameAsync();
        Now = service.Clock.GetUtcNow();
        await scheduler.DisposeAsync();
        await definition.DisposeAsync();
        server = service.ConnectionString;
        await KeepAsync(new NpgsqlConnectionStringBuilder(server).Database!);
        await service.DisposeAsync();
    }

    // The copies end with the server, which ends with this process: to drop one takes longer than to make it.
    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>A copy of the town, to which harm was done.</summary>
    public async Task<string> CopyAsync(string harm)
    {
        var name = $"{Template}_{Interlocked.Increment(ref copies)}";
        await ExecuteAsync($"create database {name} template {Template}");
        var copy = ConnectionTo(name);
        if (harm.Length > 0)
            await ExecuteAsync(Fill(harm), copy);
        return copy;
    }

    /// <summary>How to check a copy: at the town's time, and the second time at once.</summary>
    public LedgerOptions Options(string copy) => new() { Definition = copy, Enrollment = copy, Scheduler = copy, Settle = TimeSpan.Zero, Now = Now };

    async Task SettleAsync()
    {
        var (shop, school, club) = (service.NewSite(), service.NewSite(), service.NewSite());
        names["shop"] = $"{shop.Id}";
        names["school"] = $"{school.Id}";
        names["club"] = $"{club.Id}";
        names["nowhere"] = $"{Guid.CreateVersion7()}";

        var tour = await PublishAsync(shop, "tour", TownPlans.Tour);
        foreach (var user in (string[])["ada", "bob", "cleo", "dora", "emil", "fay", "gus", "hal"])
            await DoneAsync(shop.EnterAsync(tour, user));
        await DoneAsync(shop.EnterAsync(tour, "visitor-ida"));
        await DoneAsync(shop.EnterAsync(tour, "visitor-jo"));
        await DoneAsync(shop.EnterAsync(tour, "jo"));
        foreach (var user in (string[])["bob", "cleo", "dora", "fay", "gus"])
            await DoneAsync(shop.ReportAsync(tour, user, "hello"));
        await PassAsync(TimeSpan.FromHours(1));
        await service.Get<FoldTallies>().RunOnceAsync(CancellationToken.None);

        // Bob stays at the awaited event. Cleo goes through, Dora misses the goal and is asked again, Fay goes round once.
        await DoneAsync(shop.DoAsync("cleo", "paid", "made"));
        await DoneAsync(shop.IdentifyAsync("dora", traits: """{"plan": "pro"}"""));
        await DoneAsync(shop.DoAsync("dora", "made"));
        await DoneAsync(shop.DoAsync("fay", "made"));
        await DoneAsync(shop.ReportAsync(tour, "fay", "again"));
        await DoneAsync(shop.ReportAsync(tour, "fay", "hello", Outcome.Dismissed));
        await DoneAsync(shop.StopAsync(tour, "hal"));
        await DoneAsync(shop.EnterAsync(tour, "hal"));
        await DoneAsync(shop.IdentifyAsync("ida", "visitor-ida"));
        await DoneAsync(shop.IdentifyAsync("jo", "visitor-jo"));
        await PumpAsync();

        await PublishAsync(shop, "tour", TownPlans.Tour, tour);
        await DoneAsync(shop.EnterAsync(tour, "kim"));
        var dates = await PublishAsync(shop, "dates", TownPlans.Dates);
        await DoneAsync(shop.EnterAsync(dates, "lea"));
        await DoneAsync(shop.EnterAsync(dates, "visitor-moe"));

        await ListAsync(shop);
        await UndoAsync(shop);
        await AudiencesAsync(shop);
        await LeaveAsync(shop);
        await PauseAsync(shop);
        await ArchiveAsync(shop);
        var lesson = await PublishAsync(school, "lesson", TownPlans.Tour);
        await DoneAsync(school.EnterAsync(lesson, "ada"));
        await DoneAsync(school.ReportAsync(lesson, "ada", "hello"));
        await EraseAsync(club);
        // Gus let the awaited event run out of time.
        await PassAsync(TimeSpan.FromDays(2));
        await DoneAsync(shop.EnterAsync(tour, "nat"));
        await DoneAsync(shop.ReportAsync(tour, "nat", "hello"));
        await DoneAsync(shop.EnterAsync(tour, "olga"));
        await DoneAsync(shop.Sdk.RecordEventsAsync(new() { UserId = "olga", Events = { new Event { Id = "e-7", Name = "seen" } } }).ResponseAsync);
        await PumpAsync();
    }

    // Everybody is stopped, which is undone.
    async Task UndoAsync(TestSite shop)
    {
        var course = await PublishAsync(shop, "course", TownPlans.Tour);
        foreach (var user in (string[])["pat", "quin", "rob"])
            await DoneAsync(shop.EnterAsync(course, user));
        await DoneAsync(shop.ReportAsync(course, "pat", "hello"));
        await PumpAsync();
        var stop = await shop.Stops.CreateStopAsync(new() { JourneyId = $"{course}", Selection = new() { All = true }, Reason = "by mistake" });
        await PumpAsync();
        await DoneAsync(shop.StopAsync(course, "rob"));
        await shop.Stops.UndoStopAsync(new() { JourneyId = $"{course}", StopId = stop.Id });
        await PumpAsync();
        Assert.Equal(2, (await shop.EnrollmentsAsync(course)).Count(one => one.Status == Protos.Enrollment.V1.Enrollment.Types.Status.Active));
    }

    // Kim comes and goes.
    async Task ListAsync(TestSite shop)
    {
        names["guests"] = (await shop.Lists.CreateUserListAsync(new() { Name = "Guests" })).Id;
        await shop.Lists.ChangeMembersAsync(new() { Id = names["guests"], Add = { "ada", "bob", "kim" } });
        await shop.Lists.ChangeMembersAsync(new() { Id = names["guests"], Remove = { "kim" } });
    }

    // One of two stays.
    async Task AudiencesAsync(TestSite shop)
    {
        foreach (var name in (string[])["pros", "former"])
        {
            var request = JsonParser.Default.Parse<CreateAudienceRequest>(TownPlans.Pros);
            request.Name = name;
            names[name] = (await definition.AudiencesOf(shop).CreateAudienceAsync(request)).Id;
        }

        await definition.AudiencesOf(shop).DeleteAudienceAsync(new() { Id = names["former"] });
        await PumpAsync();
    }

    // Sue buys and Tom leaves; both go where they are.
    async Task LeaveAsync(TestSite shop)
    {
        var journey = await PublishAsync(shop, "leaving", TownPlans.Leaving);
        await DoneAsync(shop.EnterAsync(journey, "sue"));
        await DoneAsync(shop.EnterAsync(journey, "tom"));
        await DoneAsync(shop.DoAsync("sue", "bought"));
        await DoneAsync(shop.IdentifyAsync("tom", traits: """{"plan": "none"}"""));
        await PumpAsync();
    }

    // One wait ends during the pause, and one report comes; of the other journey both are released.
    async Task PauseAsync(TestSite shop)
    {
        foreach (var name in (string[])["paused", "resumed"])
        {
            var journey = await PublishAsync(shop, name, TownPlans.Short);
            await DoneAsync(shop.EnterAsync(journey, $"sleeper-{name}"));
            await DoneAsync(shop.ReportAsync(journey, $"sleeper-{name}", "hello"));
            await DoneAsync(shop.EnterAsync(journey, $"reader-{name}"));
            await PumpAsync();
            await definition.JourneysOf(shop).PauseJourneyAsync(new() { Id = $"{journey}" });
            await PassAsync(TimeSpan.FromMinutes(30));
            await DoneAsync(shop.ReportAsync(journey, $"reader-{name}", "hello"));
        }

        await definition.JourneysOf(shop).ResumeJourneyAsync(new() { Id = names["resumed"] });
        await PumpAsync();
        await scheduler.Get<ReleaseTimers>().ReleaseAsync(service.Clock.GetUtcNow(), CancellationToken.None);
        await PumpAsync();
    }

    async Task ArchiveAsync(TestSite shop)
    {
        var journey = await PublishAsync(shop, "archived", TownPlans.Short);
        await DoneAsync(shop.EnterAsync(journey, "pam"));
        await DoneAsync(shop.ReportAsync(journey, "pam", "hello"));
        await PumpAsync();
        await definition.JourneysOf(shop).ArchiveJourneyAsync(new() { Id = $"{journey}" });
        await PumpAsync();
        await using var job = service.Database.CreateCommand("select job_id from scheduler.job where kind = 'ARCHIVE'");
        names["archiving"] = $"{await job.ExecuteScalarAsync()}";
    }

    async Task EraseAsync(TestSite club)
    {
        var journey = await PublishAsync(club, "dance", TownPlans.Tour);
        foreach (var user in (string[])["quin", "rita"])
        {
            await DoneAsync(club.EnterAsync(journey, user));
            await DoneAsync(club.ReportAsync(journey, user, "hello"));
            await DoneAsync(club.DoAsync(user, "danced"));
        }

        names["rita"] = (await club.EnrollmentsAsync(journey)).Single(enrollment => enrollment.UserId == "rita").Id;
        await PumpAsync();
        await club.Profiles.EraseUserAsync(new() { UserId = "quin" });
        await PumpAsync();
    }

    async Task<Guid> PublishAsync(TestSite site, string name, string design, Guid? published = null)
    {
        var id = published?.ToString();
        if (id is null)
        {
            var request = JsonParser.Default.Parse<CreateJourneyRequest>(design);
            request.Name = name;
            id = (await definition.JourneysOf(site).CreateJourneyAsync(request)).Id;
        }

        await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = id });
        names[name] = id;
        await PumpAsync();
        return Guid.Parse(id);
    }

    async Task PassAsync(TimeSpan time)
    {
        await PumpAsync();
        service.Clock.Advance(time);
        while (await scheduler.Get<SendDueTimers>().SendAsync(service.Clock.GetUtcNow(), CancellationToken.None) > 0)
            await PumpAsync();
    }

    // A call, and everything that follows from it: a timer that is cancelled while its request is still on its way would stay until it is due.
    async Task DoneAsync(Task call)
    {
        await call;
        await PumpAsync();
    }

    async Task PumpAsync()
    {
        await definition.Get<OutboxRelay>().RunOnceAsync(CancellationToken.None);
        await scheduler.PumpAsync();
    }

    // Everybody's newest enrollment by their id, one before as `hal before`, and their person as `hal's person`.
    async Task NameAsync()
    {
        const string sql = """
            select case when e.site_id = @school then 'pupil' else p.user_id end || case when e.is_latest then '' else ' before' end, e.enrollment_id, p.profile_id
            from enrollment.enrollment e
            join enrollment.profile p on p.site_id = e.site_id and p.profile_id = e.profile_id
            where p.user_id is not null and e.site_id in (@shop, @school)
            """;

        await using var command = service.Database.CreateCommand(sql);
        command.Parameters.AddWithValue("shop", Guid.Parse(names["shop"]));
        command.Parameters.AddWithValue("school", Guid.Parse(names["school"]));
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            names[reader.GetString(0)] = $"{reader.GetGuid(1)}";
            names[$"{reader.GetString(0)}'s person"] = $"{reader.GetGuid(2)}";
        }
    }

    // What is copied must be used by nobody.
    async Task KeepAsync(string from)
    {
        await ExecuteAsync($"alter database {from} with allow_connections false");
        await ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{from}'");
        await ExecuteAsync($"create database {Template} template {from}");
    }

    string ConnectionTo(string database) =>
        new NpgsqlConnectionStringBuilder(server) { Database = database, Pooling = false }.ConnectionString;

    async Task ExecuteAsync(string sql, string? connectionString = null)
    {
        await using var connection = new NpgsqlConnection(connectionString ?? ConnectionTo("postgres"));
        await connection.OpenAsync();
#pragma warning disable CA2100 // Names of databases and planted defects cannot be parameters; they are made here.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
