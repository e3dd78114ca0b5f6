using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.EngineContracts;

namespace Journeys.Definitions.Editing;

/// <summary>Finds durations that are longer than ten years.</summary>
public static class DurationCheck
{
    const long TenYears = Engine.Dates.DaysInTenYears * 24L * 60 * 60;

    /// <summary>Returns a violation for each of them in a message, with its path.</summary>
    public static IEnumerable<Violation> Of(IMessage message, string path) =>
        ProtoTree.Of(message, path)
            .Where(part => part.Part is Duration { Seconds: < -TenYears or > TenYears })
            .Select(part => new Violation(part.Path, "must be at most 10 years."));
}
