namespace Journeys.Definitions;

/// <summary>Makes a new draft from a journey's draft or one of its versions.</summary>
public sealed class CloneJourney(JourneyStore journeys, CreateJourney create)
{
    public async Task<JourneyRow> HandleAsync(Guid siteId, Guid journeyId, int version, string name, string requestId, CancellationToken ct)
    {
        var design = await journeys.ReadDesignAsync(siteId, journeyId, version, ct);
        design.Name = name.Length > 0 ? name : Copied(design.Name);
        return await create.HandleAsync(siteId, design, "CloneJourney", requestId, ct);
    }

    static string Copied(string name)
    {
        const string suffix = " (copy)";
        return name.Length + suffix.Length <= DesignCheck.MaxName ? name + suffix : name;
    }
}
