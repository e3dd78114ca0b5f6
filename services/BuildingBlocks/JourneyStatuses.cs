namespace Journeys.BuildingBlocks;

/// <summary>The statuses of journeys as tables store them; the contract's `Journey.Status`.</summary>
public static class JourneyStatuses
{
    public const string Draft = "DRAFT";
    public const string Published = "PUBLISHED";
    public const string Paused = "PAUSED";
    public const string Archived = "ARCHIVED";
}
