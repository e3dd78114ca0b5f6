using Journeys.Testing;

namespace Journeys.Gateways.Tests;

/// <summary>Where Access has its SQL, and how it writes the names that tables keep.</summary>
public sealed class SqlTests
{
    static readonly SourceFolders Sources = new("services/Access", "Journeys.Access");

    [Fact]
    public void Sql_is_in_files_that_say_so() => Assert.Empty(Sources.WithHiddenSql());

    [Fact]
    public void One_file_writes_a_table() => Assert.Equal(
        [
            // Entries of calls are begun and ended; those of people's own accounts are written at once, on all of their sites.
            "access.audit: Auditing/AccountAuditStore.cs, Auditing/AuditStore.cs",
            // When keys were used, and which sites have had events, is noted by those who let calls in.
            "access.key: Callers/CallerStore.cs, Sites/KeyStore.cs",
            "access.site: Callers/CallerStore.cs, Sites/SiteStore.cs",
        ],
        Sources.WrittenTwice().Order(StringComparer.Ordinal));

    [Fact]
    public void Columns_are_named() => Assert.Empty(Sources.WithUnnamedColumns());

    [Fact]
    public void Names_that_have_a_constant_are_not_written_out() =>
        Assert.Empty(Sources.WithRawNames(typeof(MemberStates), typeof(MemberRoles), typeof(ActorKinds)));
}
