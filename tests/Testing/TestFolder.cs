using System.Diagnostics;
using System.Globalization;

namespace Journeys.Testing;

/// <summary>Folders for the data of servers. The next test run removes them once this process has ended.</summary>
public static class TestFolder
{
    static readonly Lazy<string> OfThisProcess = new(Prepare);
    static int count;

    /// <summary>Creates an empty folder.</summary>
    public static string Create(string name) =>
        Directory.CreateDirectory(Path.Combine(OfThisProcess.Value, $"{name}-{Interlocked.Increment(ref count)}")).FullName;

    static string Prepare()
    {
        var all = Environment.GetEnvironmentVariable("JOURNEYS_TEST_FOLDER") is { Length: > 0 } given
            ? given
            : Path.Combine(Path.GetTempPath(), $"journeys-tests-{Environment.UserName}");
        Directory.CreateDirectory(all);

        foreach (var left in Directory.EnumerateDirectories(all).Where(IsLeftOver))
            DeleteQuietly(left);
        return Path.Combine(all, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    static bool IsLeftOver(string folder)
    {
        if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id))
            return false;
        if (id == Environment.ProcessId)
            return true;

        try
        {
            Process.GetProcessById(id).Dispose();
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    // Another test process may delete it at the same time. The last one completes the deletion.
    static void DeleteQuietly(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
        }
    }
}
