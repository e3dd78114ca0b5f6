using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace Journeys.BuildingBlocks.Failures;

/// <summary>Refusals as gRPC statuses with `ErrorInfo` and field violations.</summary>
/// <remarks>
/// They travel in trailers, and a connection whose trailers become too large is cut with all calls on it. Many clients take no more than
/// 8 KiB. So what does not fit is left out, and `ErrorInfo` says under <see cref="CountKey"/> how many there are.
/// </remarks>
public static class RefusalStatus
{
    /// <summary>The `domain` of every `ErrorInfo` of the project.</summary>
    public const string Domain = "journeys";

    /// <summary>The most violations of a refusal.</summary>
    public const int MaxViolations = 50;

    /// <summary>The entry of `ErrorInfo.metadata` with the number of all violations, there when not all are listed.</summary>
    public const string CountKey = "violations";

    /// <summary>When to try again after UNAVAILABLE or RESOURCE_EXHAUSTED that does not say more.</summary>
    public static readonly TimeSpan DefaultRetryDelay = TimeSpan.FromSeconds(1);

    const int MaxMessage = 300;
    const int MaxField = 200;
    const int MaxDescription = 300;

    // In base64, with the message beside it, this makes less than 8 KiB.
    const int MaxBytes = 5 * 1024;

    /// <summary>The status of a refusal.</summary>
    public static Status Of(DomainException refusal) => Of(refusal.Code, refusal.Reason, refusal.Message, refusal.Violations, refusal.RetryAfter);

    /// <summary>The status that says this, cut to what is carried safely.</summary>
    public static Status Of(StatusCode code, string reason, string message, IReadOnlyList<Violation> violations, TimeSpan? retryAfter = null)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = Cut(reason, MaxField) };
        var fields = new BadRequest();
        var left = MaxBytes;
        foreach (var violation in violations.Take(MaxViolations))
        {
            var field = new BadRequest.Types.FieldViolation
            {
                Field = Cut(violation.Field, MaxField),
                Description = Cut(violation.Message, MaxDescription),
            };
            left -= field.CalculateSize() + 4;
            if (left < 0)
                break;
            fields.FieldViolations.Add(field);
        }

        if (fields.FieldViolations.Count < violations.Count)
            info.Metadata[CountKey] = violations.Count.ToString(CultureInfo.InvariantCulture);

        var status = new Status { Code = (int)code, Message = Cut(message, MaxMessage) };
        status.Details.Add(Any.Pack(info));
        if (violations.Count > 0)
            status.Details.Add(Any.Pack(fields));
        if (code is StatusCode.Unavailable or StatusCode.ResourceExhausted)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter ?? DefaultRetryDelay) }));
        return status;
    }

    /// <summary>At most `max` characters, with an ellipsis for the rest, and no half of a surrogate pair.</summary>
    static string Cut(string text, int max)
    {
        if (text.Length > max)
            text = string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[max - 2]) ? max - 2 : max - 1), "…");
        return FreeText.WellFormed(text);
    }
}
