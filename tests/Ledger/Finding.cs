namespace Journeys.Ledgers;

/// <summary>The kind of harm of a finding.</summary>
public enum FindingKind
{
    /// <summary>Something that was acknowledged or recorded is missing.</summary>
    Lost,

    /// <summary>Something is stored more often than it happened.</summary>
    Doubled,

    /// <summary>A wait ended, or will end, before its time.</summary>
    Early,

    /// <summary>A wait should have ended by now, or will end after its time.</summary>
    Late,

    /// <summary>Something waits for an action that nothing will perform.</summary>
    Stuck,

    /// <summary>Something is stored that nothing explains.</summary>
    Unexpected,
}

/// <summary>One violation of a promise.</summary>
/// <param name="Check">The name of the check that found it.</param>
/// <param name="Kind">The kind of harm.</param>
/// <param name="SiteId">The site of the violation.</param>
/// <param name="Ids">The ids to search for, as pairs of a name and an id, such as `enrollment=0197...`.</param>
/// <param name="What">A description in one sentence.</param>
public sealed record Finding(string Check, FindingKind Kind, Guid SiteId, string Ids, string What)
{
    /// <summary>The key by which two looks recognize the same finding.</summary>
    public (string Check, FindingKind Kind, Guid SiteId, string Ids) Key => (Check, Kind, SiteId, Ids);
}
