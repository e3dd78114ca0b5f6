using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Journeys;

namespace Journeys.Definitions.Editing;

/// <summary>Creates a draft from a journey's draft or one of its versions.</summary>
public sealed class CloneJourney(JourneyStore journeys, IdempotencyKeys keys, CreateJourney create)
{
    /// <summary>Stores the copy. A repeat of the request returns the first answer.</summary>
    /// <exception cref="NotFound">The site has no such journey or version.</exception>
    /// <exception cref="InvalidInput">The name or the key is invalid.</exception>
    /// <exception cref="Refused">Reason TOO_MANY_JOURNEYS.</exception>
    /// <exception cref="AlreadyThere">Reason KEY_TAKEN or REQUEST_ID_REUSED.</exception>
    public async Task<JourneyRow> HandleAsync(
        Guid siteId, Guid journeyId, int version, string name, string called, RequestKey? key, CancellationToken ct)
    {
        // A repeat returns the first copy, even if the original has changed or was deleted since.
        if (await keys.FindAsync(key, ct) is { Made: [var first, ..] })
            return await journeys.FindAsync(siteId, first, ct) ?? throw new NotFound("journey", first);

        var design = await journeys.ReadDesignAsync(siteId, journeyId, version, ct);
        design.Name = name.Length > 0 ? name : Copied(design.Name);
        return await create.HandleAsync(siteId, design, called, key, ct);
    }

    static string Copied(string name)
    {
        const string suffix = " (copy)";
        return name.Length + suffix.Length <= Limits.Name ? name + suffix : name;
    }
}
