namespace Journeys.Ledgers.Tests;

/// <summary>The tests that look at one town, which is built once.</summary>
[CollectionDefinition(Name)]
public sealed class SharedTown : ICollectionFixture<Town>
{
    public const string Name = "town";
}
