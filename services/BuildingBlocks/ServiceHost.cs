using System.Net.Sockets;
using Journeys.BuildingBlocks.Databases;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.BuildingBlocks;

/// <summary>Runs a deployable as a program.</summary>
public static class ServiceHost
{
    /// <summary>
    /// Runs the program until it is asked to stop. Writes a failure to start as one line to the error stream.
    /// </summary>
    /// <param name="name">Prefix of that line.</param>
    /// <param name="create">Creates the application.</param>
    /// <returns>The exit code: 0, or 1 when it could not start or failed.</returns>
    public static async Task<int> RunAsync(string name, Func<WebApplication> create)
    {
        try
        {
            await using var app = create();
            try
            {
                await app.StartAsync();
                await app.WaitForShutdownAsync();
            }
            catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // The program was asked to stop while it was still starting.
            }
            catch
            {
                // Loops that have already begun must not run on disposed services.
                await StopAsync(app);
                throw;
            }

            return 0;
        }
        catch (Exception exception)
        {
            await Console.Error.WriteLineAsync($"{name}: {Describe(exception)}");
            return 1;
        }
    }

    static async Task StopAsync(WebApplication app)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await app.StopAsync(limit.Token);
        }
        catch (Exception exception)
        {
            app.Logger.LogDebug(exception, "The services that had started did not stop cleanly");
        }
    }

    // Operators can correct settings, addresses and PostgreSQL, so these failures become a sentence. All other failures
    // are bugs and keep their stack trace.
    static string Describe(Exception exception) => exception switch
    {
        AggregateException several => string.Join(" ", several.Flatten().InnerExceptions.Select(Describe).Distinct()),
        OptionsValidationException settings => string.Join(" ", settings.Failures),
        MigrationFailed => exception.Message,
        PostgresException refusal => $"PostgreSQL refuses: {refusal.SqlState} {refusal.MessageText}.",
        NpgsqlException => $"PostgreSQL does not answer: {exception.GetBaseException().Message}.",
        // Kestrel throws this for an address that is not of this machine, or that this user may not use. Npgsql and
        // HTTP wrap their own.
        SocketException => $"urls: {OneLine(exception)}.",
        // Configuration also throws this for a value that cannot be read, and names its key.
        InvalidOperationException or IOException => OneLine(exception),
        // Kestrel throws this for an address that it cannot parse.
        FormatException => $"urls: {OneLine(exception)}",
        _ => exception.ToString(),
    };

    static string OneLine(Exception exception) => exception.Message.ReplaceLineEndings(" ");
}

/// <summary>
/// Keeps the host and the web server from logging a stack trace for a failure that <see cref="ServiceHost"/> reports in
/// one line.
/// </summary>
sealed class StartSilence : IHostedLifecycleService
{
    /// <summary>Whether the service has started.</summary>
    public bool IsOver { get; private set; }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        IsOver = true;
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
