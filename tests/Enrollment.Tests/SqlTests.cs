using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Simulations;
using Journeys.Testing;

namespace Journeys.Enrollments.Tests;

/// <summary>Where Enrollment has its SQL, and how it writes the names that tables keep.</summary>
public sealed class SqlTests
{
    static readonly SourceFolders Sources = new("services/Enrollment", "Journeys.Enrollments");

    [Fact]
    public void Sql_is_in_files_that_say_so() => Assert.Empty(Sources.WithHiddenSql("RuleQueries"));

    [Fact]
    public void One_file_writes_a_table() => Assert.Equal(
        // Appended with what it counts, and folded later: as an outbox, it has two ends.
        ["enrollment.statistic_change: Analytics/AnalyticsStore.cs, Enrollments/EnrollmentWriter.cs"], Sources.WrittenTwice());

    [Fact]
    public void Columns_are_named() => Assert.Empty(Sources.WithUnnamedColumns());

    [Fact]
    public void Names_that_have_a_constant_are_not_written_out() => Assert.Equal(
        // Reasons that calls are refused for and that `/why` gives, which are other things of the same name.
        ["AUDIENCE: Explain/ExplainUser.cs", "TRIGGER: Explain/ExplainUser.cs", "ERASED: Profiles/ErasedPersonStore.cs",
            "JOURNEY_ARCHIVED: Journeys/Availability.cs"],
        Sources.WithRawNames(
            typeof(JourneyStatuses), typeof(EnrollmentStatuses), typeof(EntrySources), typeof(StopReasons), typeof(TallyKinds),
            typeof(SimulationStatuses)));
}
