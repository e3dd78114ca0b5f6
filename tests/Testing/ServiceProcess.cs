using System.Diagnostics;
using System.Net;
using Journeys.EmbeddedPostgres;

namespace Journeys.Testing;

/// <summary>
/// One of the deployables as a process of its own, with an address that stays the same through every restart.
/// </summary>
/// <param name="project">The folder of its project, such as `services/Definition`, which is built already.</param>
/// <param name="settings">Its configuration, such as `Postgres:ConnectionString`.</param>
/// <param name="httpVersion">The HTTP version for plain text: 2 for services, 1.1 for the gateway.</param>
/// <param name="tls">Whether it uses TLS, with a separate address for health checks.</param>
/// <param name="onLine">Receives every line of its log.</param>
public sealed class ServiceProcess(
    string project, IReadOnlyDictionary<string, string> settings, Version? httpVersion = null, bool tls = false, Action<string>? onLine = null) : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    readonly Uri? health = tls ? new Uri($"http://127.0.0.1:{FreePort.Next()}") : null;

    ChildProcess? process;

    /// <summary>The address, known before the start.</summary>
    public Uri Address { get; } = new($"{(tls ? "https" : "http")}://127.0.0.1:{FreePort.Next()}");

    /// <summary>Additional environment variables for the next start.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; set; } = new Dictionary<string, string?>();

    /// <summary>The process id.</summary>
    public int Id => Started.Id;

    /// <summary>Whether the process has ended.</summary>
    public bool HasExited => Started.HasExited;

    /// <summary>The last 2,000 lines of its log since the last start.</summary>
    public string Log => Started.Output;

    ChildProcess Started => process ?? throw new InvalidOperationException($"{project} has not been started.");

    /// <summary>Runs a deployable that is expected to end immediately.</summary>
    /// <param name="project">The folder of its project.</param>
    /// <param name="settings">Its configuration.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string project, IReadOnlyDictionary<string, string> settings)
    {
        using var program = Process.Start(new ProcessStartInfo("dotnet", [Program(project), .. settings.Select(setting => $"--{setting.Key}={setting.Value}")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, errors) = (program.StandardOutput.ReadToEndAsync(), program.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await program.WaitForExitAsync(patience.Token);
        }
        finally
        {
            program.Kill(entireProcessTree: true);
        }

        return (program.ExitCode, await output, await errors);
    }

    /// <summary>Starts it, or starts it again, and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended instead. The message has the end of its log.</exception>
    /// <exception cref="TimeoutException">It did not become ready. The message has the end of its log.</exception>
    public async Task StartAsync()
    {
        if (process is not null)
            await process.DisposeAsync();

        process = ChildProcess.Start(
            "dotnet", [Program(project), $"--urls={Address.OriginalString}", $"--Tls:HealthUrl={health?.OriginalString}", .. settings.Select(setting => $"--{setting.Key}={setting.Value}")],
            Environment, onLine);
        try
        {
            await Eventually.True(async () => process.HasExited || await IsReadyAsync(), $"{project} to be ready", Patience);
        }
        catch (TimeoutException timeout)
        {
            throw new TimeoutException($"{timeout.Message}\n{process.Tail()}", timeout);
        }

        if (process.HasExited)
            throw new InvalidOperationException($"{project} ended with exit code {process.ExitCode}.\n{process.Tail()}");
    }

    /// <summary>Sends SIGTERM and waits until it has stopped.</summary>
    public async Task StopAsync()
    {
        Started.Send(UnixSignal.Terminate);
        await Started.WaitForExitAsync(Patience);
    }

    /// <summary>Waits until it has ended by itself.</summary>
    /// <exception cref="TimeoutException">It has not ended. The message has the end of its log.</exception>
    public Task WaitForExitAsync() => Started.WaitForExitAsync(Patience);

    /// <summary>Freezes it with SIGSTOP: its connections stay open, and it does not answer.</summary>
    public void Freeze() => Started.Send(UnixSignal.Freeze);

    /// <summary>Continues it after <see cref="Freeze"/>.</summary>
    public void Thaw() => Started.Send(UnixSignal.Continue);

    /// <summary>Kills it with SIGKILL.</summary>
    public Task KillAsync() => Started.KillAsync();

    /// <summary>Stops it with SIGTERM and starts it again.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Kills it if it is running.</summary>
    public ValueTask DisposeAsync() => process?.DisposeAsync() ?? ValueTask.CompletedTask;

    static string Program(string project)
    {
        var program = RepoRoot.Under($"{project}/bin/{RepoRoot.Configuration}/net10.0/Journeys.{Path.GetFileName(project)}.dll");
        return File.Exists(program) ? program : throw new InvalidOperationException($"{program} has not been built.");
    }

    async Task<bool> IsReadyAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(health ?? Address, "/health/ready"))
        {
            Version = httpVersion ?? HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await Http.SendAsync(request);
        return answer.IsSuccessStatusCode;
    }
}
