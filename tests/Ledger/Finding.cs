namespace Journeys.Ledgers;

/// <summary>What kind of harm a finding is.</summary>
public enum FindingKind
{
    /// <summary>Something that was acknowledged or recorded is gone.</summary>
    Lost,

    /// <summary>Something is there more often than it happened.</summary>
    Doubled,

    /// <summary>A wait ended, or is about to end, before its time.</summary>
    Early,

    /// <summary>A wait should have ended by now, or is about to end after its time.</summary>
    Late,

    /// <summary>Somebody or something waits, and nothing is on its way to it.</summary>
    Stuck,

    /// <summary>There is something that nothing explains.</summary>
    Unexpected,
}

/// <summary>One thing that is not as it should be.</summary>
/// <param name="Check">Name of the check that found it.</param>
/// <param name="Kind">The kind of harm.</param>
/// <param name="SiteId">The site that it is about.</param>
/// <param name="Ids">What to look for, as pairs of a name and an id, such as `enrollment=0197...`.</param>
/// <param name="What">One sentence for people.</param>
public sealed record Finding(string Check, FindingKind Kind, Guid SiteId, string Ids, string What)
{
    /// <summary>What makes two findings of two looks the same finding.</summary>
    public (string Check, FindingKind Kind, Guid SiteId, string Ids) Key => (Check, Kind, SiteId, Ids);
}
