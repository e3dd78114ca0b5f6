using System.Text.RegularExpressions;

namespace Journeys.Testing;

/// <summary>
/// Reads the C# sources of a project for tests of its layout: the dependencies between its folders, and the places of
/// SQL and names.
/// </summary>
/// <remarks>
/// All folders of a project can use its root namespace without naming it. So a type in the root either needs no folder,
/// or belongs to the composition, which no folder needs.
/// </remarks>
public sealed partial class SourceFolders
{
    readonly string root;
    readonly IReadOnlyList<Source> sources;

    readonly HashSet<string> folders;
    readonly Regex named;

    // The folder of each type, by `Folder.Type`.
    readonly Dictionary<string, string> typesInFolders;

    /// <param name="project">The project's folder in the tree, such as `services/Enrollment`.</param>
    /// <param name="root">Its root namespace.</param>
    public SourceFolders(string project, string root)
        : this(root, Read(RepoRoot.Under(project)))
    {
        if (sources.Count == 0)
            throw new InvalidOperationException($"{project} has no sources.");
        if (folders.Count > 0 && !sources.Any(source => Needs(source).Any()))
            throw new InvalidOperationException($"No folder of {project} needs another: is {root} its namespace?");
    }

    /// <param name="root">The root namespace.</param>
    /// <param name="files">The text of each file, by its path in the project.</param>
    public SourceFolders(string root, IEnumerable<(string File, string Text)> files)
    {
        this.root = root;
        sources = [.. files.Select(file => new Source(file.File, file.Text))];
        folders = [.. sources.Select(source => source.Folder).Where(folder => folder.Length > 0)];
        typesInFolders = sources.Where(source => source.Folder.Length > 0)
            .SelectMany(source => Type().Matches(source.Text)
                .Select(type => (Name: $"{source.Folder.Split('.')[^1]}.{type.Groups[1].Value}", source.Folder)))
            .DistinctBy(type => type.Name)
            .ToDictionary(type => type.Name, type => type.Folder);
        named = new($@"(?<![\w.]){Regex.Escape(root)}\.(\w+(?:\.\w+)*)");
    }

    /// <summary>Returns the files whose namespace differs from their folder.</summary>
    public IReadOnlyList<string> Misplaced() =>
    [
        .. sources.Where(source => Namespace().Match(source.Text) is { Success: true } found
                && found.Groups[1].Value != NamespaceOf(source))
            .Select(source => source.File),
    ];

    /// <summary>Returns the folders that need each other in a cycle.</summary>
    public IReadOnlyList<string> InCircles()
    {
        var needs = sources.Where(source => source.Folder.Length > 0)
            .SelectMany(source => Needs(source).Select(needed => (From: source.Folder, To: needed)))
            .ToLookup(need => need.From, need => need.To);

        var left = needs.Select(from => from.Key).ToHashSet();
        // Removes folders that need none of the remaining ones. Only cycles remain.
        while (left.RemoveWhere(folder => !needs[folder].Any(left.Contains)) > 0)
        {
        }

        return [.. left.Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Returns what folders need of those above them in a table of `docs/architecture.md`, such as `Jobs/Run.cs needs
    /// Api`.
    /// </summary>
    /// <param name="heading">The heading of the table, which must contain every folder. Folders of one row may need
    /// each other.</param>
    public IReadOnlyList<string> AgainstDocumentedOrder(string heading)
    {
        var rows = File.ReadAllText(RepoRoot.Under("docs/architecture.md")).Split($"\n## {heading}\n")[1].Split("\n## ")[0].Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => FolderName().Matches(line.Split('|')[1]).Select(name => name.Groups[1].Value))
            .ToList();
        var places = rows.SelectMany((names, row) => names.Select(name => (name, row))).ToDictionary(place => place.name, place => place.row);
        return
        [
            .. folders.Except(places.Keys).Select(folder => $"{folder} is not in the table"),
            .. places.Keys.Except(folders).Select(folder => $"{folder} is not a folder"),
            .. from source in sources
               where places.ContainsKey(source.Folder)
               from needed in Needs(source)
               where places.TryGetValue(needed, out var place) && place < places[source.Folder]
               select $"{source.File} needs {needed}",
        ];
    }

    /// <summary>Returns what folders need of the composition in the root, such as `Jobs/Run.cs needs SomeApp`.</summary>
    public IReadOnlyList<string> NeedingComposition()
    {
        var composition = sources.Where(source => source.Folder.Length == 0 && Needs(source).Any())
            .SelectMany(source => Type().Matches(source.Text).Select(type => type.Groups[1].Value))
            .ToHashSet();
        return
        [
            .. sources.Where(source => source.Folder.Length > 0)
                .SelectMany(source => Word().Matches(Comment().Replace(source.Text, ""))
                    .Select(word => word.Value)
                    .Distinct()
                    .Where(composition.Contains)
                    .Select(type => $"{source.File} needs {type}")),
        ];
    }

    /// <summary>Returns the files with SQL whose name does not end with Store, Queries or Writer.</summary>
    /// <param name="folders">Folders in which every file may have SQL.</param>
    public IReadOnlyList<string> WithHiddenSql(params string[] folders) =>
    [
        .. sources.Where(source => !SaysSql().IsMatch(source.File) && !folders.Contains(source.Folder) && Sql().IsMatch(source.Text))
            .Select(source => source.File),
    ];

    /// <summary>Returns the tables that several files write, such as `enrollment.visit: A.cs, B.cs`.</summary>
    public IReadOnlyList<string> WrittenTwice() =>
    [
        .. sources.SelectMany(source => Write().Matches(source.Text).Select(write => (Table: write.Groups[1].Value, source.File)))
            .Distinct()
            .GroupBy(write => write.Table)
            .Where(table => table.Count() > 1)
            .Select(table => $"{table.Key}: {string.Join(", ", table.Select(write => write.File).Order(StringComparer.Ordinal))}"),
    ];

    /// <summary>Returns the files that select all columns of a table.</summary>
    public IReadOnlyList<string> WithUnnamedColumns() =>
        [.. sources.Where(source => AllColumns().IsMatch(source.Text)).Select(source => source.File)];

    /// <summary>Returns the files whose code names a type.</summary>
    public IReadOnlyList<string> Naming(string type) =>
    [
        .. sources.Where(source => Word().Matches(Comment().Replace(source.Text, "")).Any(word => word.Value == type))
            .Select(source => source.File),
    ];

    /// <summary>
    /// Returns names that are written out although there is a constant, with their files, such as `PAUSED:
    /// Jobs/Run.cs`.
    /// </summary>
    /// <param name="families">The classes with the constants, each in a file of its name.</param>
    public IReadOnlyList<string> WithRawNames(params Type[] families)
    {
        var names = families.SelectMany(family => family.GetFields()).Select(field => (string)field.GetRawConstantValue()!).Distinct();
        var others = sources.Where(source => !families.Any(family => Path.GetFileName(source.File) == $"{family.Name}.cs"))
            .Select(source => (source.File, Text: Comment().Replace(source.Text, "")))
            .ToList();
        return
        [
            .. from name in names
               from source in others
               where source.Text.Contains($"\"{name}\"", StringComparison.Ordinal) || source.Text.Contains($"'{name}'", StringComparison.Ordinal)
               select $"{name}: {source.File}",
        ];
    }

    string NamespaceOf(Source source) => source.Folder.Length > 0 ? $"{root}.{source.Folder}" : root;

    static IEnumerable<(string File, string Text)> Read(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(folder, file))
        .Where(file => file.Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
        .Select(file => (file, File.ReadAllText(Path.Combine(folder, file))));

    // Returns the other folders that the code names: by a using, an alias or the full name of a type, or as
    // `Folder.Type`, which needs no using inside the project.
    IEnumerable<string> Needs(Source source)
    {
        var code = Comment().Replace(source.Text, "");
        return named.Matches(code).Select(match => FolderOf(match.Groups[1].Value)).OfType<string>()
            .Concat(Qualified().Matches(code).Select(match => match.Value).Where(typesInFolders.ContainsKey).Select(name => typesInFolders[name]))
            .Where(folder => folder != source.Folder)
            .Distinct();
    }

    // Returns the folder of `Some.Folder.Type.Member`; null when it is in the root.
    string? FolderOf(string name)
    {
        while (!folders.Contains(name))
        {
            var end = name.LastIndexOf('.');
            if (end < 0)
                return null;
            name = name[..end];
        }

        return name;
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(
        @"^(?:(?:public|static|sealed|partial|abstract|readonly) )*(?:class|record struct|record|struct|enum|interface) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex(@"(Store|Queries|Writer)\.cs$")]
    private static partial Regex SaysSql();

    // Not `select (Some.Thing(), other)` of a C# query.
    [GeneratedRegex(@"(""|^\s+)(select|insert into|update|delete from|with) ([a-z@*]|\((?![A-Z]))", RegexOptions.Multiline)]
    private static partial Regex Sql();

    // Not `for update of`, which locks, and not `on conflict ... do update set`.
    [GeneratedRegex(@"(?:insert into|(?<!for )(?<!no key )update|delete from) (\w+\.\w+)")]
    private static partial Regex Write();

    // Not `count(*)`.
    [GeneratedRegex(@"select (distinct )?(\w+\.)?\*|(?<=[\s,])\w+\.\*(?=[\s,])")]
    private static partial Regex AllColumns();

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*\.[A-Z]\w*")]
    private static partial Regex Qualified();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex FolderName();

    sealed record Source(string File, string Text)
    {
        /// <summary>The folder as in a namespace; empty for the root.</summary>
        public string Folder { get; } = Path.GetDirectoryName(File)!.Replace(Path.DirectorySeparatorChar, '.');
    }
}
