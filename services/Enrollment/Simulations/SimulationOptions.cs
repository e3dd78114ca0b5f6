using System.ComponentModel.DataAnnotations;
using Journeys.PopulationSimulation;

namespace Journeys.Enrollments.Simulations;

/// <summary>The settings under `Simulation`: how much a simulation may take.</summary>
public sealed record SimulationOptions
{
    /// <summary>The most people of one simulation.</summary>
    [Range(1, SimulationCheck.MostPeople)]
    public int MaxPeople { get; init; } = 200_000;

    /// <summary>The most processor time of one simulation.</summary>
    [Range(1, 3_600)]
    public int MaxSeconds { get; init; } = 120;
}
