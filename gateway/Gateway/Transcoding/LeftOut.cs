using Journeys.BuildingBlocks;

namespace Journeys.Gateways.Transcoding;

/// <summary>Describes the parts that were left out of a call.</summary>
static class LeftOut
{
    /// <summary>Describes a part that was left out.</summary>
    /// <param name="part">The path of the part in the request.</param>
    /// <param name="violation">The problem of the part, or of a field in it.</param>
    public static Violation Of(string part, Violation violation) =>
        new(part, $"Left out: {(violation.Field == part ? "it" : violation.Field)} {violation.Message}");
}
