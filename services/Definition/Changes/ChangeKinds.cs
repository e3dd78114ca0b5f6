namespace Journeys.Definitions.Changes;

/// <summary>What changes: a journey by one of its moves, an audience, or whether a site is halted. The moves are as tables keep them.</summary>
public static class ChangeKinds
{
    public const string Published = "PUBLISHED";
    public const string Paused = "PAUSED";
    public const string Resumed = "RESUMED";
    public const string Archived = "ARCHIVED";
    public const string Restored = "RESTORED";
    public const string Audience = "AUDIENCE";
    public const string SiteHalt = "SITE_HALT";
}
