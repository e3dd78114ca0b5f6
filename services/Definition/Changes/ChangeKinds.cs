namespace Journeys.Definitions.Changes;

/// <summary>
/// The kinds of changes: the moves of journeys as tables store them, changes of audiences, and halts of sites.
/// </summary>
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
