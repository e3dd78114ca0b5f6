namespace Journeys.BuildingBlocks;

/// <summary>How many characters (UTF-16) fields of the contracts hold at most, where many calls share the limit.</summary>
public static class Limits
{
    /// <summary>Names of journeys, audiences, lists, sites, members and keys, and what is searched for in them.</summary>
    public const int Name = 255;

    /// <summary>Descriptions.</summary>
    public const int Description = 4_096;

    /// <summary>What the publisher says of a version.</summary>
    public const int Note = 1_000;

    /// <summary>A `userId` or `anonymousId`.</summary>
    public const int PersonId = 256;

    /// <summary>Ids that callers choose within something larger: of a node, an event or a request.</summary>
    public const int ShortId = 64;
}
