namespace Journeys.EndToEnd.Tests;

/// <summary>One deployment for the test classes that break nothing in it.</summary>
[CollectionDefinition(Name)]
public sealed class SharedDeployment : ICollectionFixture<Deployment>
{
    public const string Name = "a deployment";
}
