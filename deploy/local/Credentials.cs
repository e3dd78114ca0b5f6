using System.Security.Cryptography;
using System.Text.Json;

namespace Journeys.Local;

/// <summary>How to get in: made at the first start, kept in the data folder, readable by its owner only.</summary>
public sealed record Credentials
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public string Url { get; init; } = "";
    public string SiteId { get; init; } = "";
    public string AdminEmail { get; init; } = "admin@journeys.local";
    public string AdminPassword { get; init; } = Random(24);
    public string SecretKey { get; init; } = $"sk_{Random(43)}";
    public string PublishableKey { get; init; } = $"pk_{Random(43)}";

    /// <summary>Signs identity between gateway and services; never leaves this machine.</summary>
    public string SigningKey { get; init; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The ones of an earlier start, or new ones.</summary>
    /// <exception cref="InvalidOperationException">They cannot be read.</exception>
    public static Credentials Load(string folder, int port)
    {
        var path = PathIn(folder);
        var known = File.Exists(path) ? Read(path) : new Credentials();
        return known with { Url = $"http://127.0.0.1:{port}" };
    }

    /// <summary>Keeps them for the next start.</summary>
    public void Save(string folder)
    {
        var path = PathIn(folder);
        File.WriteAllText(path, JsonSerializer.Serialize(this, Json) + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    static Credentials Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Credentials>(File.ReadAllText(path), Json)!;
        }
        catch (JsonException)
        {
            throw new InvalidOperationException($"{path} is not what an earlier start wrote; put it right, or choose another folder with --data.");
        }
    }

    static string PathIn(string folder) => Path.Combine(folder, "credentials.json");

    static string Random(int length) =>
        RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);
}
