using System.Diagnostics;
using System.Security.Cryptography;

namespace Journeys.EmbeddedPostgres;

/// <summary>A real PostgreSQL on a port of 127.0.0.1 that lives no longer than this process. Its data stays in a folder.</summary>
/// <remarks>The folder holds `cluster`, PostgreSQL's own, and `password`, the superuser's.</remarks>
public sealed class PostgresServer : IAsyncDisposable
{
    // How the line goes on depends on whether it is a standby.
    const string Ready = "database system is ready to accept";

    // The user `nobody` of nearly every system. It must have a name, or initdb refuses.
    const string Nobody = "65534";

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly string binaries;
    readonly string cluster;
    readonly string password;
    readonly PostgresServerOptions options;
    ChildProcess? process;

    PostgresServer(string binaries, string dataDirectory, string password, PostgresServerOptions options)
    {
        this.binaries = binaries;
        this.password = password;
        this.options = options;
        cluster = ClusterIn(dataDirectory);
        Port = options.Port == 0 ? FreePort.Next() : options.Port;
    }

    /// <summary>The port, the same through every restart.</summary>
    public int Port { get; }

    /// <summary>The superuser's connection to the database `postgres`, for Npgsql.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Database=postgres;Username=postgres;Password={password}";

    /// <summary>Starts PostgreSQL on a folder, which is created and filled at the first start, and waits until it takes connections.</summary>
    /// <exception cref="InvalidOperationException">It cannot; the first line of the message says why in one sentence.</exception>
    public static async Task<PostgresServer> StartAsync(string dataDirectory, PostgresServerOptions? options = null, CancellationToken ct = default)
    {
        dataDirectory = Path.GetFullPath(dataDirectory);
        options ??= new PostgresServerOptions();
        var binaries = PostgresBinaries.Find();
        var password = await InitializeAsync(binaries, dataDirectory, options, ct);

        var server = new PostgresServer(binaries, dataDirectory, password, options);
        await server.StartAgainAsync(ct);
        return server;
    }

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>: same data, same port.</summary>
    public async Task StartAgainAsync(CancellationToken ct = default)
    {
        await ClearStaleLockAsync(ct);
        if (!FreePort.IsFree(Port))
            throw new InvalidOperationException($"Port {Port} for PostgreSQL is taken.");

        process = Run(binaries, "postgres", ["-D", cluster, .. Settings().SelectMany(setting => new[] { "-c", setting })], options.Log);
        try
        {
            await process.WaitForLineAsync(Ready, Patience, ct);
        }
        catch
        {
            await process.DisposeAsync();
            process = null;
            throw;
        }
    }

    /// <summary>Stops it in good order: open transactions are rolled back, committed data is on disk.</summary>
    public async Task StopAsync(CancellationToken ct = default)
    {
        if (process is null)
            return;

        process.Send(UnixSignal.Interrupt);
        await process.WaitForExitAsync(Patience, ct);
        await ForgetAsync();
    }

    /// <summary>Kills it and its sessions with SIGKILL, as a crash does.</summary>
    public async Task KillAsync()
    {
        if (process is null)
            return;

        await process.KillAsync();
        await ForgetAsync();
    }

    /// <summary>Freezes it with its sessions (SIGSTOP): its connections stay open, and it does not answer. Only on Linux.</summary>
    /// <exception cref="InvalidOperationException">It is not running.</exception>
    public void Freeze() => Running.SendToAll(UnixSignal.Freeze);

    /// <summary>Continues it after <see cref="Freeze"/>.</summary>
    /// <exception cref="InvalidOperationException">It is not running.</exception>
    public void Thaw() => Running.SendToAll(UnixSignal.Continue);

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync() => await StopAsync();

    ChildProcess Running => process ?? throw new InvalidOperationException("PostgreSQL is not running.");

    async Task ForgetAsync()
    {
        await process!.DisposeAsync();
        process = null;
    }

    IEnumerable<string> Settings()
    {
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            // A path to a socket may be too long for the system, and nobody needs it.
            ["unix_socket_directories"] = "",
            ["port"] = $"{Port}",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
        };
        if (!options.Fsync)
            settings["fsync"] = settings["synchronous_commit"] = settings["full_page_writes"] = "off";
        foreach (var (name, value) in options.Settings)
            settings[name] = value;
        return settings.Select(setting => $"{setting.Key}={setting.Value}");
    }

    static string ClusterIn(string dataDirectory) => Path.Combine(dataDirectory, "cluster");

    static async Task<string> InitializeAsync(string binaries, string dataDirectory, PostgresServerOptions options, CancellationToken ct)
    {
        Directory.CreateDirectory(dataDirectory);
        var passwordFile = Path.Combine(dataDirectory, "password");
        if (Directory.Exists(ClusterIn(dataDirectory)))
            return (await File.ReadAllTextAsync(passwordFile, ct)).Trim();

        var password = RandomNumberGenerator.GetHexString(48, lowercase: true);
        await WriteSecretAsync(passwordFile, password, ct);
        // Made aside and then moved, so that a start that was interrupted leaves nothing half made in its place.
        var unfinished = ClusterIn(dataDirectory) + ".new";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);

        // The built-in locale sorts the same on every system.
        string[] arguments =
        [
            "-D", unfinished, "-U", "postgres", "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", options.Fsync ? "--data-checksums" : "--no-sync",
        ];
        await using var initdb = Run(binaries, "initdb", arguments, log: null);
        await initdb.WaitForExitAsync(Patience, ct);
        if (initdb.ExitCode != 0)
            throw new InvalidOperationException($"PostgreSQL could not make its data folder {unfinished}.\n{initdb.Tail()}");

        Directory.Move(unfinished, ClusterIn(dataDirectory));
        return password;
    }

    static async Task WriteSecretAsync(string path, string secret, CancellationToken ct)
    {
        File.Delete(path);
        var onlyOwner = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using var writer = new StreamWriter(path, onlyOwner);
        await writer.WriteLineAsync(secret.AsMemory(), ct);
    }

    // PostgreSQL refuses to run as root. The capability lets `nobody` reach programs and data that lie in root's own folders.
    static ChildProcess Run(string binaries, string program, IEnumerable<string> arguments, Action<string>? log)
    {
        var path = Path.Combine(binaries, program);
        if (!Environment.IsPrivilegedProcess)
            return ChildProcess.Start(path, arguments, onLine: log);
        if (!OperatingSystem.IsLinux())
            throw new InvalidOperationException("PostgreSQL does not run as root; start this as an ordinary user.");

        string[] asNobody =
        [
            $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--", path,
        ];
        return ChildProcess.Start("setpriv", [.. asNobody, .. arguments], onLine: log);
    }

    // After a crash the lock file stays, and its number may by now be another program's, at which PostgreSQL would not start.
    async Task ClearStaleLockAsync(CancellationToken ct)
    {
        var file = Path.Combine(cluster, "postmaster.pid");
        if (!File.Exists(file) || !int.TryParse((await File.ReadAllLinesAsync(file, ct)).FirstOrDefault(), out var id))
            return;

        // It may be about to end, because the process that it belonged to has just ended.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var tries = 0; IsRunningOn(cluster, id); tries++)
        {
            if (tries == 30)
                throw new InvalidOperationException($"Another PostgreSQL (process {id}) is running on {cluster}.");
            await timer.WaitForNextTickAsync(ct);
        }

        File.Delete(file);
    }

    static bool IsRunningOn(string cluster, int id)
    {
        try
        {
            if (OperatingSystem.IsLinux())
                // Empty for a process that has ended and that nobody has collected.
                return File.ReadAllText($"/proc/{id}/cmdline").Contains(cluster, StringComparison.Ordinal);

            using var process = Process.GetProcessById(id);
            return process.ProcessName == "postgres";
        }
        catch (Exception gone) when (gone is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
