using System.Collections;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Gateways.Transcoding;

/// <summary>Reports the parts that were left out of a call as warnings in the answer.</summary>
static class LeftOut
{
    /// <summary>Describes a part that was left out.</summary>
    /// <param name="part">The path of the part in the request.</param>
    /// <param name="violation">The problem of the part, or of a field in it.</param>
    public static Violation Of(string part, Violation violation) =>
        new(part, $"Left out: {(violation.Field == part ? "it" : violation.Field)} {violation.Message}");

    /// <summary>
    /// Adds the parts to the answer's `warnings`. The answer to every request with auxiliary fields has this field;
    /// other answers are left unchanged.
    /// </summary>
    public static void Tell(IMessage answer, IReadOnlyList<Violation> parts)
    {
        if (parts.Count == 0 || answer.Descriptor.FindFieldByName("warnings") is not { } field)
            return;

        var warnings = (IList)field.Accessor.GetValue(answer);
        foreach (var part in parts)
            warnings.Add(new Warning { Field = part.Field, Message = part.Message });
    }
}
