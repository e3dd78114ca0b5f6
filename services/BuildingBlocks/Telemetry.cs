using System.Diagnostics;

namespace Journeys.BuildingBlocks;

/// <summary>Under which names the project's own numbers and spans are told.</summary>
public static class Telemetry
{
    /// <summary>The meter of the project's own numbers.</summary>
    public const string MeterName = "Journeys";

    /// <summary>The activity source of the project's own spans.</summary>
    public static readonly ActivitySource Activities = new("Journeys");
}
