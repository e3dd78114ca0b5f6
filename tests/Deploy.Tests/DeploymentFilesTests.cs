using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using Journeys.Testing;
using YamlDotNet.RepresentationModel;

namespace Journeys.Deploy.Tests;

/// <summary>Keeps docker-compose.yml, the Dockerfile and the Helm chart in step with the programs. Whether they run is for a machine with an engine.</summary>
public sealed partial class DeploymentFilesTests
{
    static readonly (string Target, string Project)[] Programs =
        [("definition", "services/Definition"), ("enrollment", "services/Enrollment"), ("scheduler", "services/Scheduler"), ("gateway", "gateway/Gateway")];

    static readonly string Dockerfile = Read("deploy/docker/Dockerfile");
    static readonly string Compose = Read("docker-compose.yml");
    static readonly string ComposeTls = Read("deploy/docker/tls.yml");
    static readonly HashSet<string> KnownSettings = [.. ReadSettings()];

    [Fact]
    public void Every_setting_that_they_name_is_one_that_a_program_has()
    {
        var files = Directory.EnumerateFiles(RepoRoot.Under("deploy/helm"), "*.*", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();

        var named = files.Append(Compose).Append(ComposeTls).Append(Dockerfile).SelectMany(text => Setting().Matches(text)).Select(match => match.Value).ToHashSet();

        Assert.Superset(new HashSet<string> { "Postgres__ConnectionString", "Messaging__Broker", "Identity__SigningKey", "Gateway__GrpcUrl" }, named);
        Assert.DoesNotContain(named, name => !KnownSettings.Contains(name));
    }

    [Fact]
    public void The_Dockerfile_copies_what_is_there_and_starts_every_program()
    {
        var copied = Copy().Matches(Dockerfile).SelectMany(match => match.Groups[1].Value.Split(' ')[..^1]);

        Assert.DoesNotContain(copied, path => !Path.Exists(RepoRoot.Under(path)));
        Assert.All(Programs, program =>
        {
            Assert.Contains(program.Project, Dockerfile, StringComparison.Ordinal);
            Assert.Contains($"ENTRYPOINT [\"dotnet\", \"{ProgramOf(program.Project)}\"]", Stage(program.Target), StringComparison.Ordinal);
        });
        Assert.Contains("USER $APP_UID", Stage("service"), StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_builds_every_image_and_asks_for_health_where_it_listens()
    {
        var services = Map(Yaml(Compose), "services");

        foreach (var (target, _) in Programs)
        {
            var service = Map(services, target);
            Assert.Equal(target, Text(Map(service, "build"), "target"));
            Assert.True(File.Exists(RepoRoot.Under(Text(Map(service, "build"), "dockerfile"))));
            var listens = Url().Match(Stage(target)).Groups[1].Value;
            Assert.Contains($"http://127.0.0.1:{listens}/health/ready", Text(Map(service, "healthcheck"), "test"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_secret_of_compose_is_asked_for_by_name_and_stands_in_the_example()
    {
        var example = Read("deploy/docker/example.env");
        var secrets = Required().Matches(Compose).Select(match => match.Groups[1].Value).ToHashSet();

        Assert.Equal(
            [
                "ADMIN_EMAIL", "ADMIN_PASSWORD", "DEFINITION_PASSWORD", "ENROLLMENT_PASSWORD", "GATEWAY_PASSWORD", "IDENTITY_SIGNING_KEY",
                "POSTGRES_PASSWORD", "RABBITMQ_PASSWORD", "READER_PASSWORD", "SCHEDULER_PASSWORD",
            ],
            secrets.Order(StringComparer.Ordinal));
        Assert.All(secrets, secret => Assert.Contains($"\n{secret}=\n", example, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RabbitMQ_is_given_passwords_of_any_characters()
    {
        const string password = """ü"\&/$x#';%@ """;
        var script = Read("deploy/docker/start-rabbitmq.sh");
        var filling = script[..script.IndexOf("install ", StringComparison.Ordinal)]
            .Replace("/journeys/definitions.json", RepoRoot.Under("deploy/rabbitmq/definitions.json"), StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash", ["-c", filling + "printf '%s' \"$definitions\""]) { RedirectStandardOutput = true };
        foreach (var name in new[] { "RABBITMQ", "DEFINITION", "ENROLLMENT", "SCHEDULER", "READER" })
            start.Environment[$"{name}_PASSWORD"] = password + name;

        using var bash = Process.Start(start)!;
        var definitions = JsonSerializer.Deserialize<JsonElement>(await bash.StandardOutput.ReadToEndAsync());

        var given = definitions.GetProperty("users").EnumerateArray().Select(user => user.GetProperty("password").GetString());
        Assert.Equal(["RABBITMQ", "DEFINITION", "ENROLLMENT", "SCHEDULER", "READER"], given.Select(each => each![password.Length..]));
        Assert.All(given, each => Assert.StartsWith(password, each!, StringComparison.Ordinal));
    }

    [Fact]
    public void Compose_gives_every_program_its_own_credentials_no_rights_and_this_machine_only()
    {
        var services = Map(Yaml(Compose), "services");

        foreach (var (target, _) in Programs)
        {
            var (service, role) = (Map(services, target), target == "gateway" ? "gateway" : target);
            var environment = Map(service, "environment");
            Assert.EndsWith($"Username=journeys_{role}", Text(environment, "Postgres__ConnectionString"), StringComparison.Ordinal);
            Assert.Equal($"${{{role.ToUpperInvariant()}_PASSWORD}}", Text(environment, "Postgres__Password"));
            if (target != "gateway")
                Assert.StartsWith($"amqp://{target}@", Text(environment, "Messaging__Broker"), StringComparison.Ordinal);
            Assert.Equal("true", Text(service, "read_only"));
            Assert.Equal("ALL", ((YamlSequenceNode)service["cap_drop"])[0].ToString());
            Assert.Equal("no-new-privileges:true", ((YamlSequenceNode)service["security_opt"])[0].ToString());
        }

        Assert.All((YamlSequenceNode)Map(services, "gateway")["ports"], port => Assert.StartsWith("${BIND:-127.0.0.1}:", port.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Access__PublicUrl")]
    [InlineData("Access__Smtp__Host", "Access__Smtp__Port", "Access__Smtp__User", "Access__Smtp__Password", "Access__Smtp__From", "Access__Smtp__Security")]
    [InlineData("Access__Webhook__Url", "Access__Webhook__Secret")]
    [InlineData("Audit__KeepDays")]
    [InlineData("Gateway__TrustedProxies")]
    public void Compose_and_chart_can_say_what_depends_on_the_place(params string[] settings)
    {
        var environment = Map(Map(Map(Yaml(Compose), "services"), "gateway"), "environment");
        var example = Read("deploy/docker/example.env");
        var chart = Read("deploy/helm/templates/gateway.yaml");

        Assert.All(settings, setting =>
        {
            var variable = Variable().Match(Text(environment, setting)).Groups[1].Value;
            Assert.Contains($"\n#{variable}=", example, StringComparison.Ordinal);
            Assert.Matches($@"name""?:? ""?{setting}\b", chart);
        });
    }

    [Fact]
    public void Compose_with_TLS_calls_listens_and_asks_for_health_as_the_programs_do()
    {
        var (services, plain) = (Map(Yaml(ComposeTls), "services"), Map(Yaml(Compose), "services"));

        foreach (var (target, _) in Programs)
        {
            var (service, environment) = (Map(services, target), Map(Map(services, target), "environment"));
            Assert.All(["Definition", "Enrollment", "Scheduler"], name => Assert.Equal(
                Text(Map(Map(plain, target), "environment"), $"Services__{name}").Replace("http:", "https:", StringComparison.Ordinal),
                Text(environment, $"Services__{name}")));
            var mount = ((YamlSequenceNode)service["volumes"]).Single().ToString();
            Assert.Equal($"${{TLS_FOLDER:-./deploy/docker/certificates}}/{target}:/journeys/tls:ro", mount);
            Assert.Equal("/journeys/tls/tls.crt", Text(environment, "Tls__CertificateFile"));
            if (target == "gateway")
                continue;

            Assert.Equal($"https://0.0.0.0:{Url().Match(Stage(target)).Groups[1].Value}", Text(environment, "Urls"));
            Assert.Contains($"{Text(environment, "Tls__HealthUrl")}/health/ready", Text(Map(service, "healthcheck"), "test"), StringComparison.Ordinal);
        }

        Assert.Contains("\n#TLS_FOLDER=./deploy/docker/certificates\n", Read("deploy/docker/example.env"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_program_gets_a_certificate_of_the_same_authority_also_when_they_are_renewed()
    {
        var folder = TestFolder.Create("certificates");
        await Tool.RunAsync(RepoRoot.Path, RepoRoot.Under("deploy/docker/new-certificates"), folder);
        var first = Programs.Select(program => Certificate(folder, program.Target).Thumbprint).ToList();

        await Tool.RunAsync(RepoRoot.Path, RepoRoot.Under("deploy/docker/new-certificates"), folder, "IP:127.0.0.1");

        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(folder, "ca.crt"));
        foreach (var (target, _) in Programs)
        {
            using var certificate = Certificate(folder, target);
            using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
            chain.ChainPolicy.CustomTrustStore.Add(authority);
            Assert.True(chain.Build(certificate), string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation)));
            Assert.True(certificate.MatchesHostname(target) && certificate.MatchesHostname("127.0.0.1"));
            Assert.DoesNotContain(certificate.Thumbprint, first);
            Assert.Equal(await File.ReadAllTextAsync(Path.Combine(folder, "ca.crt")), await File.ReadAllTextAsync(Path.Combine(folder, target, "ca.crt")));
        }

        static X509Certificate2 Certificate(string folder, string program) =>
            X509Certificate2.CreateFromPemFile(Path.Combine(folder, program, "tls.crt"), Path.Combine(folder, program, "tls.key"));
    }

    [Fact]
    public async Task A_new_env_has_every_secret_and_no_two_alike()
    {
        var lines = (await Tool.RunAsync(RepoRoot.Path, RepoRoot.Under("deploy/docker/new-env"), "admin@example.com"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=', 2)).ToList();

        Assert.Equal(Required().Matches(Compose).Select(match => match.Groups[1].Value).Distinct().Order(), lines.Select(line => line[0]).Order());
        Assert.Equal(lines.Count, lines.Select(line => line[1]).Distinct().Count());
    }

    [Fact]
    public void The_chart_uses_the_values_that_it_documents_and_the_ports_of_the_images()
    {
        var values = Yaml(Read("deploy/helm/values.yaml"));
        var used = Directory.EnumerateFiles(RepoRoot.Under("deploy/helm/templates"))
            .SelectMany(file => Value().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).ToHashSet();

        Assert.Superset(new HashSet<string> { "secrets", "services", "gateway", "image.registry", "keda.enabled" }, used);
        Assert.All(used, path => Assert.NotNull(path.Split('.').Aggregate<string, YamlNode>(values, (node, name) => ((YamlMappingNode)node)[name])));
        foreach (var (target, _) in Programs)
        {
            var program = target == "gateway" ? Map(values, target) : Map(Map(values, "services"), target);
            Assert.Equal(Url().Match(Stage(target)).Groups[1].Value, Text(program, "port"));
        }
    }

    static string Read(string path) => File.ReadAllText(RepoRoot.Under(path));

    static YamlMappingNode Yaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new YamlDotNet.Core.MergingParser(new YamlDotNet.Core.Parser(new StringReader(text))));
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }

    static YamlMappingNode Map(YamlMappingNode node, string name) => (YamlMappingNode)node[name];

    static string Text(YamlMappingNode node, string name) => ((YamlScalarNode)node[name]).Value!;

    static string Stage(string target) => Dockerfile.Split("\nFROM ").Single(stage => stage.Split('\n')[0].EndsWith($" AS {target}", StringComparison.Ordinal));

    static string ProgramOf(string project) =>
        Path.GetFileNameWithoutExtension(Directory.EnumerateFiles(RepoRoot.Under(project), "*.csproj").Single()) + ".dll";

    static IEnumerable<string> ReadSettings() =>
        Programs.SelectMany(program => Directory.EnumerateFiles(RepoRoot.Under(program.Project), "appsettings.*.json"))
            .SelectMany(file => Names(JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(file)), ""));

    static IEnumerable<string> Names(JsonElement element, string prefix) => element.ValueKind == JsonValueKind.Object
        ? element.EnumerateObject().SelectMany(property => Names(property.Value, prefix.Length == 0 ? property.Name : $"{prefix}__{property.Name}"))
        : [prefix];

    [GeneratedRegex(@"\b[A-Z][A-Za-z]+(__[A-Z][A-Za-z]+)+\b")]
    private static partial Regex Setting();

    [GeneratedRegex("^COPY (?!--)(.+)$", RegexOptions.Multiline)]
    private static partial Regex Copy();

    [GeneratedRegex(@"Urls=http://0\.0\.0\.0:(\d+)")]
    private static partial Regex Url();

    [GeneratedRegex(@"\$\{([A-Z_]+):\?")]
    private static partial Regex Required();

    [GeneratedRegex(@"^\$\{([A-Z_]+):-.*\}$")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\.Values\.([A-Za-z]+(\.[A-Za-z]+)*)")]
    private static partial Regex Value();
}
