using Journeys.BuildingBlocks;

namespace Journeys.Gateways.Admissions;

/// <summary>
/// Checks headers that a call may have once only, because it would be unclear which of two values applies.
/// </summary>
static class SingleHeaders
{
    static readonly string[] Names = ["Authorization", "X-API-Key", "X-User-Token", "X-Site-Id", "X-CSRF-Token", "Idempotency-Key"];

    /// <summary>Refuses a request that has one of these headers twice.</summary>
    /// <exception cref="InvalidInput">A header is given twice; the violation names it.</exception>
    public static void Check(IHeaderDictionary headers)
    {
        foreach (var name in Names)
        {
            if (headers.TryGetValue(name, out var values) && values.Count > 1)
                throw new InvalidInput(name, "is given twice.");
        }
    }
}
