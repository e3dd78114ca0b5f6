using System.Collections;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Gateways.Transcoding;

/// <summary>What a call goes on without, as its answer names it.</summary>
static class LeftOut
{
    /// <summary>Describes a part that is left out.</summary>
    /// <param name="part">Its path in the request.</param>
    /// <param name="violation">What is wrong with it, or with something in it.</param>
    public static Violation Of(string part, Violation violation) =>
        new(part, $"Left out: {(violation.Field == part ? "it" : violation.Field)} {violation.Message}");

    /// <summary>Adds the parts to the answer's `warnings`. The answer to every request with auxiliary fields has them; one that has none says nothing.</summary>
    public static void Tell(IMessage answer, IReadOnlyList<Violation> parts)
    {
        if (parts.Count == 0 || answer.Descriptor.FindFieldByName("warnings") is not { } field)
            return;

        var warnings = (IList)field.Accessor.GetValue(answer);
        foreach (var part in parts)
            warnings.Add(new Warning { Field = part.Field, Message = part.Message });
    }
}
