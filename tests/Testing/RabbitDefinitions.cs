using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Journeys.Testing;

/// <summary>
/// The definitions of a RabbitMQ of the tests: the users and permissions of an installation, a user with all
/// permissions, and a stock of empty virtual hosts, so that a test gets one without waiting.
/// </summary>
static partial class RabbitDefinitions
{
    public const string User = "guest";
    public const int VirtualHosts = 48;

    /// <summary>The file for RabbitMQ's setting `load_definitions`.</summary>
    public static string Json()
    {
        var installed = File.ReadAllText(RepoRoot.Under("deploy/rabbitmq/definitions.json"));
        var definitions = JsonNode.Parse(Password().Replace(installed, User))!;
        var hosts = Enumerable.Range(1, VirtualHosts).Select(Name).ToList();
        hosts.ForEach(name => definitions["vhosts"]!.AsArray().Add(new JsonObject { ["name"] = name }));
        definitions["users"]!.AsArray().Add(new JsonObject { ["name"] = User, ["password"] = User, ["tags"] = "administrator" });
        foreach (var vhost in hosts.Prepend("/"))
            definitions["permissions"]!.AsArray().Add(
                new JsonObject { ["user"] = User, ["vhost"] = vhost, ["configure"] = ".*", ["write"] = ".*", ["read"] = ".*" });
        Policies(definitions["policies"]!.AsArray(), hosts);
        return definitions.ToJsonString();
    }

    // Those of an installation, and the limit that RabbitMQ 4 has by itself and RabbitMQ 3 has not.
    static void Policies(JsonArray policies, List<string> hosts)
    {
        var installed = policies.Select(policy => policy!.DeepClone()).ToList();
        foreach (var vhost in hosts.Prepend("/"))
        {
            if (vhost != "/")
                installed.ForEach(policy => policies.Add(In(vhost, policy.DeepClone())));
            policies.Add(In(vhost, new JsonObject
            {
                ["name"] = "as-rabbitmq-4",
                ["pattern"] = "_(error|skipped)$",
                ["apply-to"] = "queues",
                ["definition"] = new JsonObject { ["delivery-limit"] = 20 },
                ["priority"] = 0,
            }));
        }
    }

    static JsonNode In(string vhost, JsonNode policy)
    {
        policy["vhost"] = vhost;
        return policy;
    }

    public static string Name(int number) => $"test-{number}";

    [GeneratedRegex(@"\$\{[A-Z_]+\}")]
    private static partial Regex Password();
}
