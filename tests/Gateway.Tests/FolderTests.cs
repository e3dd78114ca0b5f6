using Journeys.Testing;

namespace Journeys.Gateways.Tests;

/// <summary>The folders of the gateway and of Access are namespaces, and what they need of each other goes one way.</summary>
public sealed class FolderTests
{
    [Theory]
    [InlineData("gateway/Gateway", "Journeys.Gateways")]
    [InlineData("services/Access", "Journeys.Access")]
    public void A_folder_is_a_namespace(string project, string root) =>
        Assert.Empty(new SourceFolders(project, root).Misplaced());

    [Theory]
    [InlineData("gateway/Gateway", "Journeys.Gateways")]
    [InlineData("services/Access", "Journeys.Access")]
    public void No_folder_needs_one_that_needs_it(string project, string root) =>
        Assert.Empty(new SourceFolders(project, root).InCircles());

    [Theory]
    [InlineData("gateway/Gateway", "Journeys.Gateways")]
    [InlineData("services/Access", "Journeys.Access")]
    public void No_folder_needs_the_composition(string project, string root) =>
        Assert.Empty(new SourceFolders(project, root).NeedingComposition());
}
