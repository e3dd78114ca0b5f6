using System.Text.Json;
using System.Text.Json.Nodes;

namespace Journeys.Testing.Clients;

/// <summary>What came of a call of the public API.</summary>
/// <param name="Status">The HTTP status; 0 if no answer came.</param>
/// <param name="Text">The body as it came.</param>
/// <param name="RetryAfter">The header `Retry-After`; null if there is none.</param>
/// <param name="Time">How long it took.</param>
public sealed record Answer(int Status, string Text, TimeSpan? RetryAfter, TimeSpan Time)
{
    /// <summary>No answer came.</summary>
    public static Answer Never { get; } = new(0, "", null, TimeSpan.Zero);

    /// <summary>The JSON of a success; null if it is none.</summary>
    public JsonNode? Body { get; } = Status == 200 ? JsonNode.Parse(Text) : null;

    /// <summary>Whether it is a success.</summary>
    public bool IsOk => Body is not null;

    /// <summary>Says "later": the same call is to be made again.</summary>
    public bool IsLater => Status is 429 or 503 or 504 && RetryAfter is not null;

    /// <summary>Whether it is refused for good.</summary>
    public bool IsRefused => Status is >= 400 and < 500 && !IsLater;

    /// <summary>The JSON of a success.</summary>
    /// <exception cref="HttpRequestException">It is none.</exception>
    public JsonNode Success => Body ?? throw new HttpRequestException($"The call was answered {this}");

    /// <summary>Why it was refused.</summary>
    public string Reason
    {
        get
        {
            try
            {
                return (string?)JsonNode.Parse(Text)?["reason"] ?? "without a reason";
            }
            catch (JsonException)
            {
                return "without a reason";
            }
        }
    }

    /// <summary>The status, the time and the body.</summary>
    public override string ToString() => $"{Status} after {Time.TotalSeconds:0.0} s: {Text}";
}
