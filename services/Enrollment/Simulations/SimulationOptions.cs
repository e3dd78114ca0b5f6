using System.ComponentModel.DataAnnotations;
using Journeys.PopulationSimulation;

namespace Journeys.Enrollments.Simulations;

/// <summary>The settings under `Simulation`: limits for one simulation.</summary>
public sealed record SimulationOptions
{
    /// <summary>The maximum number of people in one simulation.</summary>
    [Range(1, SimulationCheck.MostPeople)]
    public int MaxPeople { get; init; } = 200_000;

    /// <summary>The maximum processor time of one simulation, in seconds.</summary>
    [Range(1, 3_600)]
    public int MaxSeconds { get; init; } = 120;
}
