using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Dapper;
using DbUp;
using DbUp.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Journeys.BuildingBlocks;

/// <summary>Brings one schema up to date with the numbered scripts embedded in an assembly under `Migrations/`.</summary>
public static partial class Migrations
{
    static readonly string[] SharedScripts = ["outbox.sql", "failed_messages.sql"];

    /// <summary>Creates the schema if need be and runs the scripts that it has not seen yet, each in its own transaction.</summary>
    /// <remarks>Any number of starters may race: an advisory lock lets one work and the others find nothing left to do.</remarks>
    /// <param name="connectionString">The database.</param>
    /// <param name="schema">The schema, which also keeps the journal (table `migration`).</param>
    /// <param name="assembly">The assembly that embeds the scripts.</param>
    /// <param name="outbox">Whether the schema has an outbox and keeps failed messages.</param>
    /// <exception cref="InvalidOperationException">A script failed; the inner exception says why.</exception>
    public static async Task MigrateAsync(
        string connectionString, string schema, Assembly assembly, bool outbox = true, ILogger? logger = null, CancellationToken ct = default)
    {
        if (!SchemaName().IsMatch(schema))
            throw new ArgumentException("A schema name is lower case letters and underscores.", nameof(schema));

        var log = logger ?? NullLogger.Instance;
        // Not pooled: a connection that dies with the lock held must not come back.
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = $"journeys-{schema}-migrations" };
        await using var guard = new NpgsqlConnection(settings.ConnectionString);
        await guard.OpenAsync(ct);
        await guard.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_lock(hashtext('journeys.migrations'), hashtext(@schema))", new { schema }, commandTimeout: 300, cancellationToken: ct));
        // Asked first, because a role that owns its schema already may not be allowed to create one.
        if (!await guard.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select from pg_namespace where nspname = @schema)", new { schema }, cancellationToken: ct)))
            await guard.ExecuteAsync(new CommandDefinition($"create schema if not exists {schema}", cancellationToken: ct));

        var scripts = ReadScripts(assembly, schema, outbox);
        // DbUp is synchronous.
        var result = await Task.Run(() => Run(settings.ConnectionString, schema, scripts), ct);
        foreach (var script in result.Scripts)
            log.LogInformation("Migrated schema {Schema} by {Script}", schema, script.Name);
        if (!result.Successful)
            throw new InvalidOperationException($"Migration {result.ErrorScript?.Name} of schema {schema} failed.", result.Error);
    }

    static DatabaseUpgradeResult Run(string connectionString, string schema, IEnumerable<SqlScript> scripts) =>
        DeployChanges.To.PostgresqlDatabase(connectionString)
            .WithScripts(scripts)
            .WithVariablesDisabled()
            .WithTransactionPerScript()
            .JournalToPostgresqlTable(schema, "migration")
            .LogToNowhere()
            .Build()
            .PerformUpgrade();

    static List<SqlScript> ReadScripts(Assembly assembly, string schema, bool outbox)
    {
        const string folder = ".Migrations.";
        var own = assembly.GetManifestResourceNames()
            .Where(name => name.Contains(folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => (Name: name[(name.IndexOf(folder, StringComparison.Ordinal) + folder.Length)..], Sql: Read(assembly, name)));
        var shared = outbox
            ? SharedScripts.Select(name => (
                Name: $"0000_{name}", Sql: Read(typeof(Migrations).Assembly, name).Replace("{schema}", schema, StringComparison.Ordinal)))
            : [];
        return [.. shared.Concat(own).OrderBy(script => script.Name, StringComparer.Ordinal).Select(script => new SqlScript(script.Name, script.Sql))];
    }

    static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("^[a-z_]+$")]
    private static partial Regex SchemaName();
}
