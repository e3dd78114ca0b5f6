using Journeys.BuildingBlocks;
using Journeys.Protos.Definition.V1;
using Npgsql;

namespace Journeys.Definitions;

/// <summary>Copies journeys: within the site, out as a document, in from one.</summary>
public sealed class PortJourney(NpgsqlDataSource source, JourneyStore journeys, AudienceStore audiences, SaveAudience save, CreateJourney create)
{
    const string Format = "journeys/1";

    /// <summary>Makes a new draft from a journey's draft or one of its versions.</summary>
    public async Task<JourneyRow> CloneAsync(Guid siteId, Guid journeyId, int version, string name, string requestId, CancellationToken ct)
    {
        var design = await DesignAsync(siteId, journeyId, version, ct);
        design.Name = name.Length > 0 ? name : Copied(design.Name);
        return await create.HandleAsync(siteId, design, requestId, ct);
    }

    /// <summary>Writes a journey's draft or one of its versions as a document, with the audiences it uses.</summary>
    public async Task<JourneyDocument> ExportAsync(Guid siteId, Guid journeyId, int version, CancellationToken ct)
    {
        var design = await DesignAsync(siteId, journeyId, version, ct);
        var used = AudienceUse.Of(design);
        var all = await audiences.ListAllAsync(siteId, ct);
        return new JourneyDocument
        {
            Format = Format,
            Design = design,
            Audiences =
            {
                all.Where(audience => used.Contains(audience.AudienceId)).Select(audience => new JourneyDocument.Types.Audience
                {
                    Id = audience.AudienceId.ToString(),
                    Name = audience.Name,
                    Rule = audience.ReadRule(),
                }),
            },
        };
    }

    /// <summary>Makes a new draft from a document. Its audiences are found by id, else by name and rule, else made.</summary>
    public async Task<JourneyRow> ImportAsync(Guid siteId, JourneyDocument document, string name, string requestId, CancellationToken ct)
    {
        if (document.Format != Format)
            throw new InvalidInput("document.format", $"must be {Format}.");
        var design = Check.Present(document.Design, "document.design").Clone();
        if (name.Length > 0)
            design.Name = name;
        DesignCheck.Draft(design);

        var known = await audiences.ListAllAsync(siteId, ct);
        foreach (var wanted in document.Audiences)
        {
            if (known.Any(audience => audience.AudienceId.ToString() == wanted.Id))
                continue;

            var same = known.FirstOrDefault(audience => audience.Name == wanted.Name && audience.ReadRule().Equals(wanted.Rule));
            var audienceId = same?.AudienceId ?? (await save.CreateAsync(siteId, Free(wanted.Name, known), "", wanted.Rule, "", ct)).AudienceId;
            design = Replace(design, wanted.Id, audienceId.ToString());
        }

        return await source.InTransactionAsync(transaction => create.AddAsync(transaction, siteId, design, Check.Text(requestId, 0, 64, "requestId"), ct), ct);
    }

    async Task<Design> DesignAsync(Guid siteId, Guid journeyId, int version, CancellationToken ct)
    {
        Check.Range(version, 0, int.MaxValue, "version");
        var journey = await journeys.FindAsync(siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
        if (version == 0)
            return journey.ReadDraft();

        var row = await journeys.FindVersionAsync(siteId, journeyId, version, ct) ?? throw new NotFound("version", version);
        return Design.Parser.ParseFrom(row.Design);
    }

    // Audience ids are UUIDs, so as text they stand for nothing else in a design.
    static Design Replace(Design design, string oldId, string newId) =>
        oldId.Length == 0 ? design : Design.Parser.ParseJson(Google.Protobuf.JsonFormatter.Default.Format(design).Replace(oldId, newId, StringComparison.Ordinal));

    static string Copied(string name)
    {
        const string suffix = " (copy)";
        return name.Length + suffix.Length <= 255 ? name + suffix : name;
    }

    static string Free(string name, IReadOnlyList<AudienceRow> known)
    {
        var free = name;
        for (var n = 2; known.Any(audience => audience.Name == free); n++)
            free = $"{name} ({n})";
        return free;
    }
}
