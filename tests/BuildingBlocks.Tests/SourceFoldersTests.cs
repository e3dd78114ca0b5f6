using Journeys.Testing;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>What the tests of how projects are laid out read as one folder's need of another.</summary>
public sealed class SourceFoldersTests
{
    [Theory]
    [InlineData("using Town.Houses;")]
    [InlineData("using Home = Town.Houses.House;")]
    [InlineData("using static Town.Houses.House;")]
    [InlineData("class Road { Town.Houses.House? house; }")]
    [InlineData("class Road { Houses.House? house; }")]
    public void A_folder_that_is_named_is_needed(string code) => Assert.Equal(["Houses", "Roads"], CirclesWith(code));

    [Theory]
    [InlineData("// As Town.Houses.House does.")]
    [InlineData("using Town.Roads;")]
    [InlineData("using Old.Town.Houses;")]
    [InlineData("using Town.HousesBeside;")]
    [InlineData("class Road { Road Houses; void Build() => Houses.Paint(); }")]
    public void What_names_no_other_folder_needs_none(string code) => Assert.Empty(CirclesWith(code));

    static IReadOnlyList<string> CirclesWith(string code) => new SourceFolders(
        "Town",
        [
            (Path.Combine("Houses", "House.cs"), "using Town.Roads;\n\nnamespace Town.Houses;\n\nclass House;\n"),
            (Path.Combine("Roads", "Road.cs"), $"{code}\n\nnamespace Town.Roads;\n"),
        ]).InCircles();
}
