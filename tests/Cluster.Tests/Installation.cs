using System.Net;
using Journeys.Testing;
using Journeys.Testing.Clients;

namespace Journeys.Clusters.Tests;

/// <summary>The services and the gateway as processes of their own. They are started once; no test restarts one.</summary>
public sealed class Installation : IAsyncDisposable
{
    public const string SecretKey = "sk_clusterclusterclusterclusterclusterclu12345";
    public const string PublishableKey = "pk_clusterclusterclusterclusterclusterclu12345";

    readonly ServiceProcess[] processes;

    Installation(ServiceProcess[] processes) => this.processes = processes;

    public ServiceProcess Definition => processes[0];

    public ServiceProcess Enrollment => processes[1];

    public ServiceProcess Scheduler => processes[2];

    public ServiceProcess Gateway => processes[3];

    /// <summary>Starts all of them.</summary>
    /// <param name="database">The connection string of all.</param>
    /// <param name="broker">The settings of the services under `Messaging`.</param>
    /// <param name="more">Further settings of all.</param>
    public static async Task<Installation> StartAsync(
        string database, IReadOnlyDictionary<string, string> broker, IReadOnlyDictionary<string, string>? more = null)
    {
        var settings = new Dictionary<string, string>
        {
            ["Postgres:ConnectionString"] = database,
            ["Identity:SigningKey"] = Convert.ToBase64String(Guid.NewGuid().ToByteArray().Concat(Guid.NewGuid().ToByteArray()).ToArray()),
            ["RateLimits:PerAddress"] = "100000",
            ["RateLimits:PerAddressBurst"] = "100000",
            ["Access:Bootstrap:SiteName"] = "Tests",
            ["Access:Bootstrap:AdminEmail"] = "admin@example.com",
            ["Access:Bootstrap:AdminPassword"] = "correct horse battery staple",
            ["Access:Bootstrap:SecretKey"] = SecretKey,
            ["Access:Bootstrap:PublishableKey"] = PublishableKey,
        };
        foreach (var (key, value) in broker.Concat(more ?? new Dictionary<string, string>()))
            settings[key] = value;
        ServiceProcess[] processes =
        [
            new("services/Definition", settings), new("services/Enrollment", settings), new("services/Scheduler", settings),
            new("gateway/Gateway", settings, HttpVersion.Version11),
        ];
        // Read when each process starts, so the addresses may join after all of them are known.
        settings["Services:Definition"] = processes[0].Address.OriginalString;
        settings["Services:Enrollment"] = processes[1].Address.OriginalString;
        settings["Services:Scheduler"] = processes[2].Address.OriginalString;

        var installation = new Installation(processes);
        try
        {
            await Task.WhenAll(processes.Select(process => process.StartAsync()));
            return installation;
        }
        catch
        {
            await installation.DisposeAsync();
            throw;
        }
    }

    /// <summary>Somebody who calls it. No call may be refused.</summary>
    public CarefulClient Client() =>
        // Longer than any call may take, so that a call without an answer is one that will never have any.
        new([Gateway.Address], SecretKey, PublishableKey, new CallCounts()) { TryLimit = TimeSpan.FromMinutes(1) };

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
            await process.DisposeAsync();
    }
}
