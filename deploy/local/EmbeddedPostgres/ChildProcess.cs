using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Journeys.EmbeddedPostgres;

/// <summary>The signals that a <see cref="ChildProcess"/> is sent, with their numbers on Linux and macOS.</summary>
public enum UnixSignal
{
    /// <summary>SIGINT; PostgreSQL's fast shutdown.</summary>
    Interrupt = 2,

    /// <summary>SIGKILL: the process has no say.</summary>
    Kill = 9,

    /// <summary>SIGTERM: please stop.</summary>
    Terminate = 15,

    /// <summary>Goes on after <see cref="Freeze"/>. Only on Linux.</summary>
    Continue = 18,

    /// <summary>SIGSTOP: does nothing more, but keeps its memory and its connections. Only on Linux.</summary>
    Freeze = 19,
}

/// <summary>A program started by this process, which ends with this process however that ends. The end of its output is at hand.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    const int KeptLines = 2_000;

    // Sits at the other end of a pipe: when this process is gone, however it went, the pipe breaks and the child is killed.
    const string Sitter = "read -r _; kill -KILL \"$0\"";

    readonly Process process;
    readonly Process sitter;
    readonly Lock gate = new();
    readonly Queue<string> lines = new();
    readonly TaskCompletionSource exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Action<string>? onLine;
    (string Text, TaskCompletionSource Seen)? awaited;

    ChildProcess(ProcessStartInfo start, Action<string>? onLine)
    {
        this.onLine = onLine;
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Exited += async (_, _) => await EndAsync();
        lock (gate)
        {
            process.Start();
            sitter = Process.Start(StartInfo("sh", ["-c", Sitter, $"{process.Id}"], input: true))!;
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The process id, which is the program's own: nothing stands between.</summary>
    public int Id => process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => exited.Task.IsCompleted;

    /// <summary>Its exit code, once it has ended.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>The last 2,000 lines that it wrote to its standard output and error.</summary>
    public string Output
    {
        get
        {
            lock (gate)
                return string.Join('\n', lines);
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="file">The program, a path or a name on the PATH.</param>
    /// <param name="arguments">Its arguments, which need no quoting.</param>
    /// <param name="environment">Added to the environment of this process; null removes a variable.</param>
    /// <param name="onLine">Told every line that it writes.</param>
    public static ChildProcess Start(
        string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, Action<string>? onLine = null)
    {
        var start = StartInfo(file, arguments, input: false);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;

        return new ChildProcess(start, onLine);
    }

    /// <summary>Waits until it writes a line that contains the text.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message has the end of its output.</exception>
    /// <exception cref="TimeoutException">It did not write such a line in time; the message has the end of its output.</exception>
    public async Task WaitForLineAsync(string text, TimeSpan timeout, CancellationToken ct = default)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (lines.Any(line => line.Contains(text, StringComparison.Ordinal)))
                return;
            awaited = (text, seen);
        }

        try
        {
            await Task.WhenAny(seen.Task, exited.Task).WaitAsync(timeout, ct);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{Name} did not write '{text}' within {timeout.TotalSeconds:0} s.\n{Tail()}");
        }

        if (!seen.Task.IsCompleted)
            throw new InvalidOperationException($"{Name} ended with exit code {ExitCode}.\n{Tail()}");
    }

    /// <summary>Waits until it has ended.</summary>
    /// <exception cref="TimeoutException">It has not in this time; the message has the end of its output.</exception>
    public async Task WaitForExitAsync(TimeSpan timeout, CancellationToken ct = default)
    {
        try
        {
            await exited.Task.WaitAsync(timeout, ct);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{Name} did not end within {timeout.TotalSeconds:0} s.\n{Tail()}");
        }
    }

    /// <summary>Sends a signal; nothing happens when it has ended already.</summary>
    public void Send(UnixSignal signal)
    {
        if (!HasExited)
            _ = SendSignal(process.Id, (int)signal);
    }

    /// <summary>Sends a signal to it and to all its children, and theirs. Only on Linux.</summary>
    /// <remarks>Parents come first, so that a frozen one starts no more children meanwhile.</remarks>
    public void SendToAll(UnixSignal signal)
    {
        if (HasExited)
            return;

        var told = new HashSet<int> { process.Id };
        Send(signal);
        while (ChildrenOf(told) is { Count: > 0 } children)
        {
            foreach (var child in children)
                _ = SendSignal(child, (int)signal);
            told.UnionWith(children);
        }
    }

    /// <summary>Kills it and all its children with SIGKILL, as a crash of the machine would, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        await exited.Task;
    }

    /// <summary>Kills it if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
            await KillAsync();
        process.Dispose();
    }

    /// <summary>The last lines of its output, for the text of an error.</summary>
    public string Tail(int count = 60)
    {
        lock (gate)
            return string.Join('\n', lines.TakeLast(count));
    }

    string Name => Path.GetFileName(process.StartInfo.ArgumentList.FirstOrDefault(argument => argument.Contains('/', StringComparison.Ordinal))
        ?? process.StartInfo.FileName);

    void Keep(string? line)
    {
        if (line is null)
            return;

        lock (gate)
        {
            lines.Enqueue(line);
            if (lines.Count > KeptLines)
                lines.Dequeue();
            if (awaited is var (text, seen) && line.Contains(text, StringComparison.Ordinal))
                seen.TrySetResult();
        }

        onLine?.Invoke(line);
    }

    async Task EndAsync()
    {
        // The number of a process that ended may be given to another, so the sitter must not outlive it.
        lock (gate)
            sitter.Kill();
        sitter.Dispose();

        // What it wrote last may still be on its way; a grandchild may hold the pipe open for ever.
        await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(2)));
        exited.TrySetResult();
    }

    static List<int> ChildrenOf(HashSet<int> parents) =>
        [.. Process.GetProcesses().Select(each => each.Id).Where(id => !parents.Contains(id) && parents.Contains(ParentOf(id)))];

    // The fields after the name, which is in parentheses and may contain anything, are the state and the parent. Zero when it is gone.
    static int ParentOf(int id)
    {
        try
        {
            var fields = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(fields[(fields.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    static ProcessStartInfo StartInfo(string file, IEnumerable<string> arguments, bool input)
    {
        // In a session of its own Ctrl+C reaches this process only, which then stops its children in their order.
        var start = OwnSession is { } setsid ? new ProcessStartInfo(setsid) { ArgumentList = { file } } : new ProcessStartInfo(file);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.RedirectStandardInput = input;
        start.RedirectStandardOutput = start.RedirectStandardError = !input;
        return start;
    }

    static string? OwnSession { get; } = new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
