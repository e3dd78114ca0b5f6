using System.Text.Json;
using System.Text.Json.Serialization;

namespace Journeys.Ledgers.Clients;

/// <summary>Reads the record of a client: one JSON object per line, see <see cref="ClientCall"/>.</summary>
public static class ClientHistory
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Returns the calls of a file, in its order.</summary>
    /// <exception cref="CannotCheck">The file or one of its lines cannot be read; the message names it.</exception>
    public static async Task<IReadOnlyList<ClientCall>> ReadAsync(string path, CancellationToken ct)
    {
        var (calls, number) = (new List<ClientCall>(), 0);
        try
        {
            await foreach (var line in File.ReadLinesAsync(path, ct))
            {
                number++;
                if (line.Length > 0)
                    calls.Add(Read(line, number));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CannotCheck($"the history {path} cannot be read: {failure.Message}", failure);
        }

        return calls;
    }

    /// <summary>Serializes a call as one line of the record.</summary>
    public static string Write(ClientCall call) => JsonSerializer.Serialize(call, WriteJson);

    static readonly JsonSerializerOptions WriteJson = new(Json)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
    };

    static ClientCall Read(string line, int number)
    {
        try
        {
            var call = JsonSerializer.Deserialize<ClientCall>(line, Json)!;
            return call.Missing is { } missing ? throw new CannotCheck($"line {number} of the history lacks {missing}.") : call;
        }
        catch (JsonException failure)
        {
            throw new CannotCheck($"line {number} of the history is not a valid call: {failure.Message}", failure);
        }
    }
}
