using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Journeys.Enrollments.Simulations;

/// <summary>Runs work on a thread of its own with the lowest priority.</summary>
sealed class QuietThread<T>
{
    const int TicksPerSecond = 100;
    const int UserTime = 11;
    const int SystemTime = 12;

    readonly TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly long begun = Stopwatch.GetTimestamp();
    volatile string? statistics;

    /// <summary>Starts the work.</summary>
    public QuietThread(Func<T> work) =>
        new Thread(() => Run(work)) { IsBackground = true, Priority = ThreadPriority.Lowest, Name = "simulation" }.Start();

    /// <summary>The result of the work.</summary>
    public Task<T> Result => result.Task;

    /// <summary>The processor time of the thread; the elapsed time if the system does not report it.</summary>
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
                // The thread has ended.
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
                // On Linux the runtime ignores thread priorities, but the system has one for each thread.
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

/// <summary>Functions of the C library.</summary>
static class NativeMethods
{
    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static extern int SetPriority(int which, uint who, int priority);
}
