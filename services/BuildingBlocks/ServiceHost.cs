using System.Net.Sockets;
using Journeys.BuildingBlocks.Databases;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.BuildingBlocks;

/// <summary>Runs a deployable as the program that it is.</summary>
public static class ServiceHost
{
    /// <summary>Runs it until it is asked to stop. What keeps it from starting is said in one line on the error stream.</summary>
    /// <param name="name">How that line begins.</param>
    /// <param name="create">Builds it.</param>
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
                // Asked to stop while it was still starting.
            }
            catch
            {
                // Loops that have begun already must not find the services disposed of under them.
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
            app.Logger.LogDebug(exception, "What had started did not stop in good order");
        }
    }

    // Settings, addresses and PostgreSQL are an operator's to mend, so they get a sentence. Everything else is ours and keeps its stack.
    static string Describe(Exception exception) => exception switch
    {
        AggregateException several => string.Join(" ", several.Flatten().InnerExceptions.Select(Describe).Distinct()),
        OptionsValidationException settings => string.Join(" ", settings.Failures),
        MigrationFailed => exception.Message,
        PostgresException refusal => $"PostgreSQL refuses: {refusal.SqlState} {refusal.MessageText}.",
        NpgsqlException => $"PostgreSQL does not answer: {exception.GetBaseException().Message}.",
        // Kestrel's word for an address that is not of this machine, or that this user may not use. Npgsql and HTTP wrap theirs.
        SocketException => $"urls: {OneLine(exception)}.",
        // Also how a value that cannot be read is said, with its key.
        InvalidOperationException or IOException => OneLine(exception),
        // Kestrel's word for an address that it cannot read.
        FormatException => $"urls: {OneLine(exception)}",
        _ => exception.ToString(),
    };

    static string OneLine(Exception exception) => exception.Message.ReplaceLineEndings(" ");
}

/// <summary>Keeps the host and the web server from telling with a stack what <see cref="ServiceHost"/> says in one line.</summary>
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
