using System.Collections;
using Google.Protobuf;
using Journeys.BuildingBlocks.Failures;

namespace Journeys.BuildingBlocks.Requests;

/// <summary>Names the parts of a request that were left out in the `warnings` of its answer.</summary>
public static class LostParts
{
    /// <summary>
    /// Adds the parts, at most <see cref="RefusalStatus.MaxViolations"/>, and how many more there are. The answer to
    /// every request whose parts may be left out has `warnings`; other answers are left unchanged.
    /// </summary>
    public static void Tell(IMessage? answer, IReadOnlyList<Violation> parts)
    {
        if (parts.Count == 0 || answer?.Descriptor.FindFieldByName("warnings") is not { } field)
            return;

        var warnings = (IList)field.Accessor.GetValue(answer);
        // The call itself may have named some.
        var named = Math.Clamp(RefusalStatus.MaxViolations - warnings.Count, 0, parts.Count);
        foreach (var part in parts.Take(named))
            Add(part);
        if (parts.Count > named)
            Add(new("", $"Left out: {parts.Count - named} more parts, which are not named."));

        void Add(Violation part)
        {
            var warning = field.MessageType.Parser.ParseFrom(ByteString.Empty);
            field.MessageType.FindFieldByName("field").Accessor.SetValue(warning, part.Field);
            field.MessageType.FindFieldByName("message").Accessor.SetValue(warning, part.Message);
            warnings.Add(warning);
        }
    }
}
