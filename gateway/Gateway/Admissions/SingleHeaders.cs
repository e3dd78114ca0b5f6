using Journeys.BuildingBlocks;

namespace Journeys.Gateways.Admissions;

/// <summary>Headers of which a call has one: of two that differ, nobody could say which one was meant.</summary>
static class SingleHeaders
{
    static readonly string[] Names = ["Authorization", "X-API-Key", "X-User-Token", "X-Site-Id", "X-CSRF-Token", "Idempotency-Key"];

    /// <summary>Refuses a request that has one of them twice.</summary>
    /// <exception cref="InvalidInput">It has; the violation names the header.</exception>
    public static void Check(IHeaderDictionary headers)
    {
        foreach (var name in Names)
        {
            if (headers.TryGetValue(name, out var values) && values.Count > 1)
                throw new InvalidInput(name, "is given twice.");
        }
    }
}
