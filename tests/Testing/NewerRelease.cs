using Journeys.EmbeddedPostgres;

namespace Journeys.Testing;

/// <summary>
/// Runs the tests of a release on the schemas of a newer one, because both work together during an update. See
/// `tests/previous-release`.
/// </summary>
static class NewerRelease
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // The built source tree of the newer release; null without one.
    static readonly string? Tree = Environment.GetEnvironmentVariable("JOURNEYS_TEST_NEWER_RELEASE");

    static readonly Dictionary<string, string> Programs = new()
    {
        ["definition"] = "services/Definition/bin/Release/net10.0/Journeys.Definition.dll",
        ["enrollment"] = "services/Enrollment/bin/Release/net10.0/Journeys.Enrollment.dll",
        ["scheduler"] = "services/Scheduler/bin/Release/net10.0/Journeys.Scheduler.dll",
        ["gateway"] = "gateway/Gateway/bin/Release/net10.0/Journeys.Gateway.dll",
    };

    /// <summary>
    /// Starts the newer program on a template that the present release has migrated. Its changes remain.
    /// </summary>
    public static async Task MigrateAsync(string template, string connectionString)
    {
        if (Tree is null || !Programs.TryGetValue(template, out var program))
            return;

        await using var process = ChildProcess.Start("dotnet",
        [
            Path.Combine(Tree, program),
            $"--urls=http://127.0.0.1:{FreePort.Next()}",
            $"--Postgres:ConnectionString={connectionString}",
            $"--Messaging:Broker=memory://{template}",
            $"--Identity:SigningKey={Convert.ToBase64String(new byte[32])}",
            "--Copies:WaitAtStartSeconds=0",
        ]);
        await process.WaitForLineAsync("Application started", Patience);
        process.Send(UnixSignal.Terminate);
        await process.WaitForExitAsync(Patience);
    }
}
