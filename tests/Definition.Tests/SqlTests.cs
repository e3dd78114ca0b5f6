using Journeys.BuildingBlocks;
using Journeys.Definitions.Changes;
using Journeys.Testing;

namespace Journeys.Definitions.Tests;

/// <summary>Where Definition has its SQL, and how it writes the names that tables keep.</summary>
public sealed class SqlTests
{
    static readonly SourceFolders Sources = new("services/Definition", "Journeys.Definitions");

    [Fact]
    public void Sql_is_in_files_that_say_so() => Assert.Empty(Sources.WithHiddenSql());

    [Fact]
    public void One_file_writes_a_table() => Assert.Empty(Sources.WrittenTwice());

    [Fact]
    public void Columns_are_named() => Assert.Empty(Sources.WithUnnamedColumns());

    [Fact]
    public void Names_that_have_a_constant_are_not_written_out() =>
        Assert.Empty(Sources.WithRawNames(typeof(JourneyStatuses), typeof(ChangeKinds)));
}
