using System.Text.RegularExpressions;
using Journeys.Testing;
using YamlDotNet.RepresentationModel;

namespace Journeys.Deploy.Tests;

/// <summary>What the chart makes, by a real helm, and held to the schemas of Kubernetes and of the operators that it makes things for.</summary>
public sealed partial class HelmChartTests
{
    static readonly string[] Everything =
    [
        .. HelmChart.Secrets,
        .. Set(
            "metrics.enabled=true", "metrics.serviceMonitor.enabled=true", "metrics.alerts.enabled=true", "metrics.dashboard.enabled=true",
            "ingress.enabled=true", "ingress.className=nginx", "ingress.host=journeys.example.com", "ingress.grpc.host=grpc.example.com", "ingress.tlsSecret=tls",
            "routes.parentRefs[0].name=public", "routes.host=journeys.example.com", "routes.grpcHost=grpc.example.com",
            "keda.enabled=true", "keda.postgres=postgresql://db", "tls.enabled=true", "tls.issuer.name=internal",
            "gateway.trustedProxies=10.0.0.0/8", "gateway.publicUrl=https://journeys.example.com", "gateway.smtp.host=mail", "gateway.webhook.url=https://hooks.example.com",
            "networkPolicy.gatewayFrom[0].namespaceSelector.matchLabels.name=ingress", "networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.name=monitoring",
            "otlp.endpoint=http://collector:4317", "nodeSelector.disk=ssd", "tolerations[0].key=batch", "imagePullSecrets[0].name=registry", "podAnnotations.team=growth",
            "settings.Messaging__Nodes=rabbit-2:5672", "services.scheduler.settings.Scheduler__JobsAtOnce=4"),
    ];

    public static TheoryData<string, string[]> Installations => new()
    {
        { "with what is given", HelmChart.Secrets },
        { "with everything", Everything },
        { "with a secret and credentials of one's own", Set("existingSecret=mine", "credentialsPerProgram=true", "networkPolicy.enabled=false") },
        { "with one replica of each", [.. HelmChart.Secrets, .. Set([.. Parts.Select(part => $"{part}.replicas=1"), .. Parts.Select(part => $"{part}.maxReplicas=1"), "preStopSeconds=0"])] },
    };

    static string[] Parts => ["gateway", "services.definition", "services.enrollment", "services.scheduler"];

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task All_that_it_makes_is_as_the_schemas_have_it(string name, string[] options)
    {
        var manifests = await HelmChart.RenderAsync(options);

        var said = await HelmChart.ValidateAsync(manifests);

        Assert.True(said.Count == 1, $"{name}:\n{string.Join('\n', said)}");
        Assert.Equal(4, HelmChart.Of(manifests, "Deployment").Count());
    }

    [Fact]
    public async Task With_everything_every_kind_of_thing_is_made()
    {
        var manifests = await HelmChart.RenderAsync(Everything);

        Assert.All(
            ["Service", "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "Ingress", "HTTPRoute", "GRPCRoute", "Certificate",
             "ScaledObject", "TriggerAuthentication", "ServiceMonitor", "PrometheusRule", "ConfigMap", "Secret"],
            kind => Assert.NotEmpty(HelmChart.Of(manifests, kind)));
    }

    [Theory]
    [InlineData("maxSkew: 1", "maxSkew: one", "must be integer")]
    [InlineData("maxSkew: 1", "maxSkews: 1", "unknown field /spec/template/spec/topologySpreadConstraints/0/maxSkews")]
    [InlineData("minReplicaCount: 2", "minReplicas: 2", "unknown field /spec/minReplicas")]
    [InlineData("apiVersion: keda.sh/v1alpha1", "apiVersion: keda.sh/v1", "there is no keda.sh/v1 ScaledObject")]
    public async Task What_the_schemas_do_not_have_is_found(string right, string wrong, string said)
    {
        var manifests = await HelmChart.RenderAsync(Everything);

        Assert.Contains(await HelmChart.ValidateAsync(manifests.Replace(right, wrong, StringComparison.Ordinal)), line => line.Contains(said, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("services.scheduler.replica=3", "replica")]
    [InlineData("gateway.port=http", "port")]
    [InlineData("services.billing.port=7104", "billing")]
    [InlineData("gateway.smtp.security=Ssl", "security")]
    [InlineData("gateway.auditKeepDays=7", "auditKeepDays")]
    [InlineData("settings.messaging nodes=x", "settings")]
    public async Task A_value_that_it_does_not_have_is_refused_by_name(string value, string named)
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => HelmChart.RenderAsync([.. HelmChart.Secrets, .. Set(value)]));

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("values don't meet the specifications of the schema", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_pod_goes_on_until_everybody_knows_that_it_goes_and_pods_are_spread()
    {
        var pods = HelmChart.Of(await HelmChart.RenderAsync(HelmChart.Secrets), "Deployment").Select(deployment => deployment.At("spec/template/spec")).ToList();

        Assert.All(pods, pod =>
        {
            var container = ((YamlSequenceNode)pod["containers"])[0];
            Assert.Equal(["sleep", "10"], ((YamlSequenceNode)container.At("lifecycle/preStop/exec/command")).Select(word => word.ToString()));
            // What the program takes for itself, 30 seconds, comes after it.
            Assert.Equal("55", pod["terminationGracePeriodSeconds"].ToString());
            Assert.Equal(
                ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
                ((YamlSequenceNode)pod["topologySpreadConstraints"]).Select(constraint => constraint["topologyKey"].ToString()));
        });
    }

    [Fact]
    public async Task A_new_secret_replaces_every_pod_and_nothing_else_does()
    {
        async Task<List<string>> SumsAsync(params string[] more) =>
            [.. HelmChart.Of(await HelmChart.RenderAsync([.. HelmChart.Secrets, .. Set(more)]), "Deployment")
                .Select(deployment => deployment.At("spec/template/metadata/annotations")["checksum/secret"].ToString())];

        var before = await SumsAsync();

        Assert.Equal(before, await SumsAsync("metrics.dashboard.enabled=true"));
        Assert.Empty(before.Intersect(await SumsAsync("secrets.acceptedKeys=bmV3IGtleQ==")));
    }

    [Fact]
    public async Task While_signing_keys_are_exchanged_every_program_has_both()
    {
        var manifests = await HelmChart.RenderAsync([.. HelmChart.Secrets, .. Set("secrets.acceptedKeys=bmV3IGtleQ==")]);

        Assert.Equal("bmV3IGtleQ==", HelmChart.Of(manifests, "Secret").Single().At("stringData/acceptedKeys").ToString());
        Assert.All(HelmChart.Of(manifests, "Deployment"), deployment =>
        {
            var environment = (YamlSequenceNode)((YamlSequenceNode)deployment.At("spec/template/spec/containers"))[0]["env"];
            string KeyOf(string variable) => environment.Single(each => each["name"].ToString() == variable).At("valueFrom/secretKeyRef/key").ToString();
            Assert.Equal(("signingKey", "acceptedKeys"), (KeyOf("Identity__SigningKey"), KeyOf("Identity__AcceptedKeys")));
        });
    }

    [Fact]
    public async Task Alerts_and_dashboard_ask_for_numbers_that_programs_have()
    {
        var manifests = await HelmChart.RenderAsync(Everything);
        var rules = ((YamlSequenceNode)((YamlSequenceNode)HelmChart.Of(manifests, "PrometheusRule").Single().At("spec/groups"))[0]["rules"]).ToList();
        var dashboard = HelmChart.Of(manifests, "ConfigMap").Single().At("data/journeys.json").ToString();
        var programs = InstrumentsOfPrograms().ToHashSet();

        var asked = rules.Select(rule => rule["expr"].ToString()).Append(dashboard).SelectMany(text => Metric().Matches(text)).Select(match => match.Value).ToHashSet();

        Assert.Superset(
            new HashSet<string>
            {
                "journeys_waits_overdue", "journeys_timers_lateness_seconds_bucket", "journeys_outbox_age_seconds", "journeys_dead_letters",
                "journeys_wakeups_repaired_total", "journeys_divergence_repaired_total", "journeys_set_aside", "journeys_rows_unreadable",
            },
            asked);
        Assert.Subset(programs, asked);
        // Each says what it is about, and where to read on.
        var operations = await File.ReadAllTextAsync(RepoRoot.Under("docs/operations.md"));
        Assert.All(rules, rule =>
        {
            var section = Section().Match(rule.At("annotations/description").ToString());
            Assert.True(!section.Success || operations.Contains($"# {section.Groups[1].Value}", StringComparison.Ordinal), $"{rule["alert"]} names a section that is not there");
        });
    }

    [Fact]
    public async Task Whoever_installs_it_is_told_where_it_is_and_what_is_missing()
    {
        var bare = await HelmChart.NotesAsync(HelmChart.Secrets);
        var open = await HelmChart.NotesAsync([.. HelmChart.Secrets, .. Set("ingress.enabled=true", "ingress.host=journeys.example.com", "ingress.tlsSecret=tls")]);
        var whole = await HelmChart.NotesAsync(Everything);

        Assert.Contains("port-forward service/journeys-gateway 8080:8080", bare, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", bare, StringComparison.Ordinal);
        Assert.Contains("https://journeys.example.com", open, StringComparison.Ordinal);
        Assert.Contains("WARNING: gateway.trustedProxies is empty", open, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", whole, StringComparison.Ordinal);
    }

    static string[] Set(params IEnumerable<string> values) => [.. values.SelectMany(value => (string[])["--set", value])];

    // The names that Prometheus gives them; tests/BuildingBlocks.Tests/MetricsTests.cs shows that it does.
    static IEnumerable<string> InstrumentsOfPrograms() =>
        from folder in (string[])["services", "gateway"]
        from file in Directory.EnumerateFiles(RepoRoot.Under(folder), "*.cs", SearchOption.AllDirectories)
        from match in Instrument().Matches(File.ReadAllText(file))
        let name = match.Groups["name"].Value.Replace('.', '_') + (match.Groups["unit"].Value == "s" ? "_seconds" : "")
        from suffix in match.Groups["kind"].Value switch { "Counter" => (string[])["_total"], "Histogram" => ["_bucket", "_count", "_sum"], _ => [""] }
        select name + suffix;

    [GeneratedRegex(@"Create(?<kind>Counter|Histogram|ObservableGauge)(<\w+>)?\(\s*""(?<name>[a-z_.]+)""(,\s*(\(\) => [^""]*)?""(?<unit>s|\{\w+\})"")?", RegexOptions.Singleline)]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\bjourneys_[a-z_]+\b")]
    private static partial Regex Metric();

    [GeneratedRegex("See \"([^\"]+)\" in docs/operations.md")]
    private static partial Regex Section();
}
