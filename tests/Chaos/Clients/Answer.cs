using System.Text.Json.Nodes;

namespace Journeys.Chaos.Clients;

/// <summary>What came of a call.</summary>
/// <param name="Body">The answer; null if it was refused or never came.</param>
/// <param name="Reason">Why it was refused; empty if it was not.</param>
sealed record Answer(JsonNode? Body, string Reason)
{
    public static Answer Never { get; } = new(null, "");

    public bool IsOk => Body is not null;
}
