using Journeys.Testing;

namespace Journeys.Definitions.Tests;

/// <summary>The folders of Definition are its namespaces, and what they need of each other goes one way.</summary>
public sealed class FolderTests
{
    static readonly SourceFolders Folders = new("services/Definition", "Journeys.Definitions");

    [Fact]
    public void A_folder_is_a_namespace() => Assert.Empty(Folders.Misplaced());

    [Fact]
    public void No_folder_needs_one_that_needs_it() => Assert.Empty(Folders.InCircles());

    [Fact]
    public void A_folder_needs_only_those_below_it_in_the_documents() => Assert.Empty(Folders.AgainstDocumentedOrder("Inside Definition"));

    [Fact]
    public void No_folder_needs_the_composition() => Assert.Empty(Folders.NeedingComposition());
}
