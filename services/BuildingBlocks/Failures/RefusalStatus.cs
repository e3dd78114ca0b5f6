using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace Journeys.BuildingBlocks.Failures;

/// <summary>Converts refusals to gRPC statuses with `ErrorInfo` and field violations.</summary>
/// <remarks>
/// Statuses travel in trailers, and trailers that are too large end the connection with all its calls. Many clients
/// accept at most 8 KiB. So violations that do not fit are left out, and `ErrorInfo` gives their total number under
/// <see cref="CountKey"/>.
/// </remarks>
public static class RefusalStatus
{
    /// <summary>The `domain` of every `ErrorInfo` of the project.</summary>
    public const string Domain = "journeys";

    /// <summary>Maximum number of violations in a status.</summary>
    public const int MaxViolations = 50;

    /// <summary>
    /// The entry of `ErrorInfo.metadata` with the total number of violations; set when some are left out.
    /// </summary>
    public const string CountKey = "violations";

    /// <summary>The retry delay of UNAVAILABLE and RESOURCE_EXHAUSTED when the refusal gives none.</summary>
    public static readonly TimeSpan DefaultRetryDelay = TimeSpan.FromSeconds(1);

    const int MaxMessage = 300;
    const int MaxField = 200;
    const int MaxDescription = 300;

    // In base64, together with the message, this is less than 8 KiB.
    const int MaxBytes = 5 * 1024;

    /// <summary>Returns the status of a refusal.</summary>
    public static Status Of(DomainException refusal) => Of(refusal.Code, refusal.Reason, refusal.Message, refusal.Violations, refusal.RetryAfter);

    /// <summary>Returns the status with these details, cut to a size that clients accept.</summary>
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

    /// <summary>
    /// Cuts a text to at most `max` characters, with an ellipsis for the rest, and replaces unpaired surrogates.
    /// </summary>
    static string Cut(string text, int max)
    {
        if (text.Length > max)
            text = string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[max - 2]) ? max - 2 : max - 1), "…");
        return FreeText.WellFormed(text);
    }
}
