namespace Journeys.BuildingBlocks;

/// <summary>
/// Limits that many calls share: the lengths of contract fields in characters (UTF-16), items or days, and the unit of
/// sizes.
/// </summary>
public static class Limits
{
    /// <summary>
    /// Names of journeys, audiences, lists, sites, members and keys, and the texts that search for them.
    /// </summary>
    public const int Name = 255;

    /// <summary>Descriptions.</summary>
    public const int Description = 4_096;

    /// <summary>The publisher's note about a version.</summary>
    public const int Note = 1_000;

    /// <summary>A `userId` or `anonymousId`.</summary>
    public const int PersonId = 256;

    /// <summary>Keys of journeys and audiences, and ids that callers choose: of an event or a request.</summary>
    public const int ShortId = 64;

    /// <summary>Timers or enrollments in one message.</summary>
    public const int MessageItems = 500;

    /// <summary>
    /// Days of a pause: until the journey resumes automatically, and how late people may be. A larger number most
    /// likely is a mistyped year.
    /// </summary>
    public const int PauseDays = 400;

    /// <summary>Maximum number of pauses of a journey during which waits stop, within as many days.</summary>
    public const int FrozenPauses = 1_000;

    /// <summary>The highest rate that a caller can set for a job, in people per second.</summary>
    public const int PeoplePerSecond = 5_000;

    /// <summary>The bytes of a MiB, the unit of sizes in settings.</summary>
    public const long Megabyte = 1_048_576;
}
