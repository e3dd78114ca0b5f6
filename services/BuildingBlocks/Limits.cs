namespace Journeys.BuildingBlocks;

/// <summary>Limits that many calls share: how long the fields of the contracts can be, in characters (UTF-16), items or days, and the unit of sizes.</summary>
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

    /// <summary>Keys of journeys and audiences, and ids that callers choose: of an event or a request.</summary>
    public const int ShortId = 64;

    /// <summary>Timers or enrollments in one message.</summary>
    public const int MessageItems = 500;

    /// <summary>The days of a pause: until the journey resumes automatically, and how late people may be. Whoever writes more has most likely mistyped the year.</summary>
    public const int PauseDays = 400;

    /// <summary>People whom a job processes a second, where somebody bounds that.</summary>
    public const int PeoplePerSecond = 5_000;

    /// <summary>The bytes of a MiB, in which settings say sizes.</summary>
    public const long Megabyte = 1_048_576;
}
