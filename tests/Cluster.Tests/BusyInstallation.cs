using System.Diagnostics;
using Journeys.EndToEnd.Tests;
using Journeys.Ledgers.Clients;
using Journeys.Testing;
using Journeys.Testing.Clients;
using Journeys.Testing.Reports;

namespace Journeys.Clusters.Tests;

/// <summary>An installation with few connections, a database that can be slow and a broker of its own, for tests that overload it.</summary>
public sealed class BusyInstallation : IAsyncLifetime
{
    // What the chart grants a program (deploy/helm/values.yaml).
    const int LimitOfEnrollment = 1_024;
    const int LimitOfOthers = 512;

    const int Tests = 4;

    readonly RunReport report = new("./tests/run Cluster.Tests");
    readonly CallLog calls = new();
    int passed;
    TestDatabase? database;
    Installation? installation;

    public SlowDatabase Database { get; private set; } = null!;

    public TestBroker Broker { get; private set; } = null!;

    public CarefulClient Client { get; private set; } = null!;

    public Guid JourneyId { get; private set; }

    /// <summary>The way to the database that is never slow.</summary>
    public TestDatabase Beside => database!;

    /// <summary>What those who entered were told.</summary>
    public IReadOnlyList<ClientCall> Calls => calls.Calls;

    /// <summary>What calls were told, and how long it took afterwards until all was well.</summary>
    public Table Results { get; } = new("overload", "what", "answers", "recovered after");

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateEmptyAsync();
        Database = new SlowDatabase(database.ConnectionString);
        Broker = await TestBroker.StartAsync();
        installation = await Installation.StartAsync(
            Database.ConnectionString,
            new Dictionary<string, string> { ["Messaging:Broker"] = Broker.Address },
            new Dictionary<string, string> { ["Postgres:MaxPoolSize"] = "8" });
        Client = installation.Client();
        JourneyId = await Client.PublishAsync(Designs.TwoSteps("1s"));
    }

    public async Task DisposeAsync()
    {
        if (installation is not null)
            await KeepResultsAsync();
        Client?.Dispose();
        if (installation is not null)
            await installation.DisposeAsync();
        if (Broker is not null)
            await Broker.DisposeAsync();
        Database?.Dispose();
        if (database is not null)
            await database.DisposeAsync();
    }

    /// <summary>Many pages let people in at once, again and again for a while.</summary>
    /// <returns>All answers.</returns>
    public async Task<IReadOnlyList<Answer>> PressAsync(int pages, TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        return [.. (await Task.WhenAll(Enumerable.Range(0, pages).Select(_ => PressOnAsync()))).SelectMany(answers => answers)];

        async Task<List<Answer>> PressOnAsync()
        {
            var answers = new List<Answer>();
            while (Stopwatch.GetElapsedTime(start) < time)
                answers.Add(await EnterAsync());
            return answers;
        }
    }

    /// <summary>Notes that one of the tests has passed, and what it showed.</summary>
    public void Passed(string what, string answers, string recovered)
    {
        Results.Add(what, answers, recovered);
        passed++;
    }

    public async Task<long> CountAsync(string sql)
    {
        await using var command = Beside.DataSource.CreateCommand(sql);
        // A million rows take a busy machine a while.
        command.CommandTimeout = 300;
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The most memory that each program has had, in MiB, and whether that is within what the chart grants it.</summary>
    public IReadOnlyList<(string Program, long Megabytes, bool IsWithin)> Memory() =>
    [
        Of("Definition", installation!.Definition.Id, LimitOfOthers), Of("Enrollment", installation.Enrollment.Id, LimitOfEnrollment),
        Of("Scheduler", installation.Scheduler.Id, LimitOfOthers), Of("Gateway", installation.Gateway.Id, LimitOfOthers),
    ];

    async Task KeepResultsAsync()
    {
        if (passed < Tests)
            return;

        report.Add(Results);
        await report.KeepAsync(
            "overload", [await RunReport.VersionOfAsync(Beside.ConnectionString), await Broker.VersionAsync()],
            $"0 problems; most memory {string.Join(", ", Memory().Select(memory => $"{memory.Program} {memory.Megabytes} MiB"))}");
    }

    // Somebody new enters the journey.
    async Task<Answer> EnterAsync()
    {
        var (userId, key) = ($"{Guid.NewGuid()}", $"{Guid.NewGuid()}");
        var answer = await Client.TryAsync(HttpMethod.Post, $"/sdk/journeys/{JourneyId}/enroll", new { userId }, key);
        calls.Add(new ClientCall
        {
            Call = ClientAction.Enroll,
            Outcome = answer.IsOk ? ClientOutcome.Ok : ClientOutcome.Unknown,
            UserId = userId,
            JourneyId = JourneyId,
            EnrollmentId = answer.Body?["enrollment"]!["id"]!.GetValue<Guid>() ?? default,
            RequestId = key,
        });
        return answer;
    }

    static (string Program, long Megabytes, bool IsWithin) Of(string program, int id, int limit)
    {
        using var process = Process.GetProcessById(id);
        var peak = process.PeakWorkingSet64 / 1024 / 1024;
        return (program, peak, peak < limit);
    }
}
