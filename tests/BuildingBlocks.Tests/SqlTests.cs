using Journeys.Testing;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>Where the building blocks have their SQL, and how all services run theirs.</summary>
public sealed class SqlTests
{
    static readonly SourceFolders Sources = new("services/BuildingBlocks", "Journeys.BuildingBlocks");

    [Fact]
    public void Sql_is_in_files_that_say_so() => Assert.Equal(
        // The building blocks for databases themselves; and two that are used inside the transactions of stores, by the names of their tables.
        [
            "Databases/DatabaseGate.cs", "Databases/Migrations.cs", "Databases/Quota.cs", "Databases/Transactions.cs", "Outboxes/Outbox.cs",
            "Requests/IdempotencyKeys.cs",
        ],
        Sources.WithHiddenSql().Order(StringComparer.Ordinal));

    [Fact]
    public void Columns_are_named() => Assert.Empty(Sources.WithUnnamedColumns());

    [Fact]
    public void Statements_are_run_by_one_class() => Assert.Equal(
        ["BuildingBlocks/Databases/Sql.cs"], new SourceFolders("services", "Journeys").Naming("CommandDefinition"));
}
