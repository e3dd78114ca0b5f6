using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Journeys.Enrollments.Simulations;

/// <summary>Work on a thread of its own that gives way to all others.</summary>
sealed class QuietThread<T>
{
    const int TicksPerSecond = 100;
    const int UserTime = 11;
    const int SystemTime = 12;

    readonly TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly long begun = Stopwatch.GetTimestamp();
    volatile string? statistics;

    /// <summary>Begins.</summary>
    public QuietThread(Func<T> work) =>
        new Thread(() => Run(work)) { IsBackground = true, Priority = ThreadPriority.Lowest, Name = "simulation" }.Start();

    /// <summary>What comes of it.</summary>
    public Task<T> Result => result.Task;

    /// <summary>How long it has had a processor; where the system does not tell, how long it has been there.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            if (statistics is null)
                return Stopwatch.GetElapsedTime(begun);

            try
            {
                // The thread's name comes first, in parentheses, and may have spaces.
                var text = File.ReadAllText(statistics);
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                return TimeSpan.FromSeconds((double)(Ticks(fields[UserTime]) + Ticks(fields[SystemTime])) / TicksPerSecond);
            }
            catch (IOException)
            {
                // It has ended.
                return TimeSpan.Zero;
            }
        }
    }

    static long Ticks(string field) => long.Parse(field, CultureInfo.InvariantCulture);

    void Run(Func<T> work)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // There the runtime leaves priorities alone, and a priority is a thread's own.
                _ = NativeMethods.SetPriority(which: 0, who: 0, priority: 19);
                statistics = new FileInfo("/proc/thread-self").LinkTarget is { } thread ? $"/proc/{thread}/stat" : null;
            }

            result.SetResult(work());
        }
        catch (Exception exception)
        {
            result.SetException(exception);
        }
    }
}

/// <summary>Calls of the system.</summary>
static class NativeMethods
{
    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static extern int SetPriority(int which, uint who, int priority);
}
