namespace Journeys.EngineContracts;

/// <summary>The value of `format` in a `JourneyDocument`.</summary>
public static class DocumentFormat
{
    public const string Current = "journeys/1";
}
