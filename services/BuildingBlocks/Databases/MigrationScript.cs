using System.Reflection;
using System.Text;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>One numbered script of a schema.</summary>
/// <param name="Name">The file name, which the journal stores.</param>
/// <param name="Sql">The statements of the script.</param>
public sealed record MigrationScript(string Name, string Sql)
{
    const string Folder = ".Migrations.";
    static readonly string[] SharedScripts = ["outbox.sql", "failed_messages.sql"];

    const string Marker = "-- concurrently";

    /// <summary>
    /// Whether the script's only statement runs outside a transaction, as `create index concurrently` requires.
    /// </summary>
    public bool IsConcurrent => Sql.StartsWith(Marker, StringComparison.Ordinal);

    /// <summary>
    /// Reads the scripts that an assembly embeds under `Migrations/`, in order, and those of the outbox if requested.
    /// Replaces `{schema}` by the schema's name.
    /// </summary>
    public static IReadOnlyList<MigrationScript> ReadAll(Assembly assembly, string schema, bool outbox)
    {
        var own = assembly.GetManifestResourceNames()
            .Where(name => name.Contains(Folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => (Name: name[(name.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..], Sql: Read(assembly, name)));
        var shared = outbox
            ? SharedScripts.Select(name => (Name: $"0000_{name}", Sql: Read(typeof(MigrationScript).Assembly, name)))
            : [];
        return
        [
            .. shared.Concat(own)
                .OrderBy(script => script.Name, StringComparer.Ordinal)
                .Select(script => new MigrationScript(script.Name, script.Sql.Replace("{schema}", schema, StringComparison.Ordinal))),
        ];
    }

    static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
