using Journeys.Testing;

namespace Journeys.PopulationSimulation.Tests;

/// <summary>How the names that reports hold are written.</summary>
public sealed class NameTests
{
    [Fact]
    public void Names_that_have_a_constant_are_not_written_out() => Assert.Empty(
        new SourceFolders("services/PopulationSimulation", "Journeys.PopulationSimulation").WithRawNames(typeof(EndingStatuses)));
}
