using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Failures;
using Journeys.Gateways.Frames;
using Microsoft.AspNetCore.WebUtilities;

namespace Journeys.Gateways.Problems;

/// <summary>A refusal in the form of RFC 9457, with the data of gRPC.</summary>
public sealed record Problem(StatusCode Code, string Reason, string Detail, IReadOnlyList<Violation> Errors)
{
    static readonly Problem TooLate = new(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", "The deadline of the call has passed.", []);

    int? status;
    TimeSpan? retryAfter;

    public int Status
    {
        get => status ?? HttpStatus.Of(Code);
        init => status = value;
    }

    /// <summary>
    /// When to retry. Always set when a component is unavailable, a call timed out, or there were too many calls.
    /// </summary>
    public TimeSpan? RetryAfter
    {
        get => retryAfter ?? (Code is StatusCode.Unavailable or StatusCode.ResourceExhausted || Status is 429 or 503 or 504 ? RefusalStatus.DefaultRetryDelay : null);
        init => retryAfter = value;
    }

    /// <summary>
    /// The number of violations; larger than the number of <see cref="Errors"/> when not all are listed.
    /// </summary>
    public int ErrorCount { get; init; } = Errors.Count;

    public static Problem Of(DomainException exception)
    {
        var problem = Of(RefusalStatus.Of(exception));
        return exception is GatewayError { HttpStatus: { } status } ? problem with { Status = status } : problem;
    }

    /// <summary>Reads the refusal of a service from its status and `grpc-status-details-bin`.</summary>
    public static Problem Of(GrpcAnswer answer)
    {
        var code = answer.Status ?? StatusCode.Unavailable;
        var status = ReadDetails(answer.Find("grpc-status-details-bin")) ?? new Google.Rpc.Status();
        status.Code = (int)code;
        status.Message = Uri.UnescapeDataString(answer.Find("grpc-message") ?? "");
        var problem = Of(status);
        return int.TryParse(answer.Find("retry-after"), out var seconds) ? problem with { RetryAfter = TimeSpan.FromSeconds(seconds) } : problem;
    }

    static Problem Of(Google.Rpc.Status status)
    {
        var code = (StatusCode)status.Code;
        var info = FindDetail<ErrorInfo>(status);
        var fields = FindDetail<BadRequest>(status)?.FieldViolations ?? [];
        var problem = new Problem(
            code,
            info?.Reason ?? HttpStatus.NameOf(code),
            status.Message.Length > 0 ? status.Message : "The call failed.",
            [.. fields.Select(field => new Violation(field.Field, field.Description))])
        {
            RetryAfter = FindDetail<RetryInfo>(status)?.RetryDelay?.ToTimeSpan(),
        };
        return info is not null && info.Metadata.TryGetValue(RefusalStatus.CountKey, out var count) && int.TryParse(count, out var all)
            ? problem with { ErrorCount = all }
            : problem;
    }

    /// <summary>Returns this problem, or DEADLINE_EXCEEDED if the deadline of a native call has passed.</summary>
    public Problem For(HttpContext context) => context.Features.Get<CallTime>() is { IsOverForClient: true } ? TooLate : this;

    public void WriteTo(PooledBuffer target)
    {
        using var json = new Utf8JsonWriter(target);
        json.WriteStartObject();
        json.WriteString("type", "about:blank");
        json.WriteString("title", Status == 499 ? "Client Closed Request" : ReasonPhrases.GetReasonPhrase(Status));
        json.WriteNumber("status", Status);
        json.WriteString("detail", Detail);
        json.WriteString("code", HttpStatus.NameOf(Code));
        json.WriteString("reason", Reason);
        json.WriteStartArray("errors");
        foreach (var (field, message) in Errors)
        {
            json.WriteStartObject();
            json.WriteString("field", field);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("errorCount", ErrorCount);
        json.WriteString("traceId", Activity.Current?.TraceId.ToString() ?? "");
        json.WriteEndObject();
    }

    /// <summary>Writes it as the end of a gRPC call: among the headers when nothing else was answered, else in the trailers.</summary>
    public void WriteTo(IHeaderDictionary target)
    {
        var status = RefusalStatus.Of(Code, Reason, Detail, Errors, RetryAfter);
        target["grpc-status"] = ((int)Code).ToString(CultureInfo.InvariantCulture);
        target["grpc-message"] = Uri.EscapeDataString(status.Message);
        target["grpc-status-details-bin"] = Convert.ToBase64String(status.ToByteArray()).TrimEnd('=');
    }

    static Google.Rpc.Status? ReadDetails(string? header)
    {
        if (string.IsNullOrEmpty(header))
            return null;

        try
        {
            // gRPC omits the padding.
            var padded = header.PadRight((header.Length + 3) / 4 * 4, '=');
            return Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(padded));
        }
        catch (Exception exception) when (exception is FormatException or InvalidProtocolBufferException)
        {
            return null;
        }
    }

    static T? FindDetail<T>(Google.Rpc.Status status)
        where T : class, IMessage<T>, new() =>
        status.Details.FirstOrDefault(detail => detail.Is(new T().Descriptor))?.Unpack<T>();
}
