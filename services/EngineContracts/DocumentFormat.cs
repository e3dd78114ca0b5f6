namespace Journeys.EngineContracts;

/// <summary>What a `JourneyDocument` says of its format.</summary>
public static class DocumentFormat
{
    public const string Current = "journeys/1";
}
