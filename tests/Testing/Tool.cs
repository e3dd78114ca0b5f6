using System.Diagnostics;

namespace Journeys.Testing;

/// <summary>Runs a program and returns its output.</summary>
public static class Tool
{
    /// <returns>Its standard output and standard error.</returns>
    /// <exception cref="InvalidOperationException">It failed. The message has its output.</exception>
    public static async Task<string> RunAsync(string folder, string program, params string[] arguments)
    {
        var (output, errors) = await RunBothAsync(folder, program, arguments);
        return output + errors;
    }

    /// <returns>Its standard output.</returns>
    /// <exception cref="InvalidOperationException">It failed. The message has its output.</exception>
    public static async Task<string> OutputAsync(string folder, string program, params string[] arguments) =>
        (await RunBothAsync(folder, program, arguments)).Output;

    static async Task<(string Output, string Errors)> RunBothAsync(string folder, string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? (await output, await errors)
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed:\n{await output}{await errors}");
    }
}
