using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions;

/// <summary>Writes a journey's draft or one of its versions as a document, with every audience that it takes to read it.</summary>
public sealed class ExportJourney(JourneyStore journeys, AudienceStore audiences)
{
    /// <summary>What a document says of its format.</summary>
    public const string Format = "journeys/1";

    public async Task<JourneyDocument> HandleAsync(Guid siteId, Guid journeyId, int version, CancellationToken ct)
    {
        var design = await journeys.ReadDesignAsync(siteId, journeyId, version, ct);
        var known = (await audiences.ListAllAsync(siteId, ct)).ToDictionary(audience => audience.AudienceId);
        return new JourneyDocument
        {
            Format = Format,
            Design = design,
            Audiences =
            {
                Needed(design, known).OrderBy(audience => audience.Name, StringComparer.Ordinal).Select(audience => new JourneyDocument.Types.Audience
                {
                    Id = audience.AudienceId.ToString(),
                    Name = audience.Name,
                    Rule = audience.ReadRule(),
                }),
            },
        };
    }

    // Those that the design names, those that their rules name, and so on.
    static IEnumerable<AudienceRow> Needed(Design design, Dictionary<Guid, AudienceRow> known)
    {
        var open = new Stack<Guid>(AudienceIds.SetOf(design));
        var seen = new HashSet<Guid>();
        while (open.TryPop(out var id))
        {
            if (!seen.Add(id) || !known.TryGetValue(id, out var audience))
                continue;
            yield return audience;
            foreach (var next in AudienceIds.SetOf(audience.ReadRule()))
                open.Push(next);
        }
    }
}
