using Journeys.Testing;

namespace Journeys.Gateways.Tests;

/// <summary>Where Access has its SQL.</summary>
public sealed class SqlTests
{
    static readonly SourceFolders Sources = new("services/Access", "Journeys.Access");

    [Fact]
    public void Sql_is_in_files_that_say_so() => Assert.Empty(Sources.WithHiddenSql());

    [Fact]
    public void Columns_are_named() => Assert.Empty(Sources.WithUnnamedColumns());
}
