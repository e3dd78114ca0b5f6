using System.Diagnostics.Metrics;
using Journeys.BuildingBlocks;

namespace Journeys.Copies;

/// <summary>Counts differences that were found and repaired. A healthy service counts none.</summary>
public sealed class Divergence(IMeterFactory meters)
{
    readonly Counter<int> repairs = meters.Create(Telemetry.MeterName).CreateCounter<int>(
        "journeys.divergence.repaired", description: "Copies of journeys and audiences that were behind Definition, and other repairs");

    /// <summary>Counts repairs.</summary>
    /// <param name="what">What was repaired; the tag `what`.</param>
    /// <param name="count">How many.</param>
    public void Repaired(string what, int count = 1) => repairs.Add(count, new KeyValuePair<string, object?>("what", what));
}
