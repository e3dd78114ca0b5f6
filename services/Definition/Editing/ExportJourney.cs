using Journeys.BuildingBlocks;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Journeys;
using Journeys.EngineContracts;
using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions.Editing;

/// <summary>Exports a journey's draft or one of its versions as a document, with all audiences that it needs.</summary>
public sealed class ExportJourney(JourneyStore journeys, AudienceStore audiences)
{
    /// <exception cref="NotFound">The site has no such journey or version.</exception>
    public async Task<JourneyDocument> HandleAsync(Guid siteId, Guid journeyId, int version, CancellationToken ct)
    {
        var design = await journeys.ReadDesignAsync(siteId, journeyId, version, ct);
        var known = (await audiences.ListAllAsync(siteId, ct)).ToDictionary(audience => audience.AudienceId);
        return new JourneyDocument
        {
            Format = DocumentFormat.Current,
            Design = design,
            Audiences =
            {
                AudienceIds.Needed(design, id => known.GetValueOrDefault(id)?.ReadRule()).Select(id => known[id])
                    .OrderBy(audience => audience.Name, StringComparer.Ordinal)
                    .Select(audience => new JourneyDocument.Types.Audience
                    {
                        Id = audience.AudienceId.ToString(),
                        Name = audience.Name,
                        Rule = audience.ReadRule(),
                    }),
            },
        };
    }
}
