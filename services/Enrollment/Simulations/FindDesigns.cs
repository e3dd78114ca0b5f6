using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.EngineContracts;
using Journeys.Enrollments.Journeys;
using Definition = Journeys.Protos.Definition.V1;
using Kind = Journeys.Protos.Enrollment.V1.DesignChoice.KindOneofCase;
using Proto = Journeys.Protos.Enrollment.V1;
using Rules = Journeys.Protos.Rule.V1;

namespace Journeys.Enrollments.Simulations;

/// <summary>Finds the designs of a simulation, with all audiences that they need.</summary>
/// <remarks>
/// Drafts and versions come from Definition as exported documents. The audiences of a given design come from this
/// service's own copy.
/// </remarks>
public sealed class FindDesigns(Definition.JourneyService.JourneyServiceClient definition, JourneyStore journeys)
{
    /// <summary>Returns the design with the audiences of both designs, and the design to compare with.</summary>
    /// <exception cref="InvalidInput">A choice is empty or invalid.</exception>
    public async Task<(Definition.JourneyDocument Document, Definition.Design? Baseline)> HandleAsync(
        Guid siteId, Guid journeyId, Proto.DesignChoice? design, Proto.DesignChoice? baseline, CancellationToken ct)
    {
        var document = await ReadAsync(siteId, journeyId, design ?? new() { Draft = true }, "design", ct);
        if (baseline is null)
            return (document, null);

        var other = await ReadAsync(siteId, journeyId, baseline, "baseline", ct);
        var known = document.Audiences.Select(audience => audience.Id).ToHashSet(StringComparer.Ordinal);
        document.Audiences.Add(other.Audiences.Where(audience => known.Add(audience.Id)));
        return (document, other.Design);
    }

    Task<Definition.JourneyDocument> ReadAsync(Guid siteId, Guid journeyId, Proto.DesignChoice choice, string field, CancellationToken ct) => choice.KindCase switch
    {
        Kind.Draft when choice.Draft => ExportAsync(siteId, journeyId, version: 0, ct),
        Kind.Draft => throw new InvalidInput($"{field}.draft", "must be true."),
        Kind.Version => ExportAsync(siteId, journeyId, Check.Range(choice.Version, 1, int.MaxValue, $"{field}.version"), ct),
        Kind.Given => GivenAsync(siteId, choice.Given, ct),
        _ => throw new InvalidInput(field, "must set one of draft, version and given."),
    };

    async Task<Definition.JourneyDocument> ExportAsync(Guid siteId, Guid journeyId, int version, CancellationToken ct) =>
        await definition.ExportJourneyAsync(new() { Id = journeyId.ToString(), Version = version }, ServiceCall.For(siteId, ct));

    async Task<Definition.JourneyDocument> GivenAsync(Guid siteId, Definition.Design design, CancellationToken ct)
    {
        var known = (await journeys.ListAudiencesAsync(siteId, ct)).ToDictionary(audience => audience.AudienceId);
        Rules.Rule? RuleOf(Guid id) => known.TryGetValue(id, out var audience) ? Rules.Rule.Parser.ParseFrom(audience.Rule) : null;

        var document = new Definition.JourneyDocument { Design = design };
        document.Audiences.Add(AudienceIds.Needed(design, RuleOf).Select(id => new Definition.JourneyDocument.Types.Audience
        {
            Id = id.ToString(),
            Name = known[id].Name,
            Rule = RuleOf(id),
        }));
        return document;
    }
}
