using Journeys.Ledgers.Clients;
using Journeys.Testing.Clients;

namespace Journeys.Chaos.People;

/// <summary>What a client knows of a call after an answer, in the ledger's words.</summary>
static class Outcomes
{
    public static ClientOutcome Outcome(this Answer answer) =>
        answer.IsOk ? ClientOutcome.Ok : answer.IsRefused ? ClientOutcome.Failed : ClientOutcome.Unknown;
}
