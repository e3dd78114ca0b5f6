using System.Text.Json;
using System.Text.Json.Nodes;

namespace Journeys.Testing.Clients;

/// <summary>The result of a call of the public API.</summary>
/// <param name="Status">The HTTP status; 0 if no answer came.</param>
/// <param name="Text">The response body.</param>
/// <param name="RetryAfter">The header `Retry-After`; null if there is none.</param>
/// <param name="Time">The duration of the call.</param>
public sealed record Answer(int Status, string Text, TimeSpan? RetryAfter, TimeSpan Time)
{
    /// <summary>The result of a call without an answer.</summary>
    public static Answer Never { get; } = new(0, "", null, TimeSpan.Zero);

    /// <summary>The JSON of a success; null for any other result.</summary>
    public JsonNode? Body { get; } = Status == 200 ? JsonNode.Parse(Text) : null;

    /// <summary>Whether the call succeeded.</summary>
    public bool IsOk => Body is not null;

    /// <summary>Whether the answer asks for a retry of the same call.</summary>
    public bool IsLater => Status is 429 or 503 or 504 && RetryAfter is not null;

    /// <summary>Whether the call was refused permanently.</summary>
    public bool IsRefused => Status is >= 400 and < 500 && !IsLater;

    /// <summary>The JSON of a success.</summary>
    /// <exception cref="HttpRequestException">The call did not succeed.</exception>
    public JsonNode Success => Body ?? throw new HttpRequestException($"The call was answered {this}");

    /// <summary>The reason of a refusal.</summary>
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

    /// <summary>Returns the status, the duration and the body.</summary>
    public override string ToString() => $"{Status} after {Time.TotalSeconds:0.0} s: {Text}";
}
