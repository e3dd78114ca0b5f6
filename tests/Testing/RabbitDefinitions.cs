using System.Text.Json;

namespace Journeys.Testing;

/// <summary>What a RabbitMQ of ours is made with: one user and a store of empty virtual hosts, so that a test takes one without waiting.</summary>
static class RabbitDefinitions
{
    public const string User = "guest";
    public const int VirtualHosts = 48;

    /// <summary>The file for RabbitMQ's setting `load_definitions`.</summary>
    public static string Json()
    {
        var hosts = Enumerable.Range(1, VirtualHosts).Select(Name).Prepend("/").ToList();
        return JsonSerializer.Serialize(new
        {
            users = new[] { new { name = User, password = User, tags = "administrator" } },
            vhosts = hosts.Select(name => new { name }),
            permissions = hosts.Select(vhost => new { user = User, vhost, configure = ".*", write = ".*", read = ".*" }),
        });
    }

    public static string Name(int number) => $"test-{number}";
}
