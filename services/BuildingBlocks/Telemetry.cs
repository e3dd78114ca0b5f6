using System.Diagnostics;

namespace Journeys.BuildingBlocks;

/// <summary>The names under which the project's own metrics and spans are reported.</summary>
public static class Telemetry
{
    /// <summary>The meter of the project's own metrics.</summary>
    public const string MeterName = "Journeys";

    /// <summary>The activity source of the project's own spans.</summary>
    public static readonly ActivitySource Activities = new("Journeys");
}
