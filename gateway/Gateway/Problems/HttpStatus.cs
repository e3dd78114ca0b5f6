using System.Text;
using Grpc.Core;

namespace Journeys.Gateways.Problems;

/// <summary>Converts gRPC codes to HTTP statuses, as in google/rpc/code.proto.</summary>
public static class HttpStatus
{
    public static int Of(StatusCode code) => code switch
    {
        StatusCode.OK => 200,
        StatusCode.Cancelled => 499,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => 400,
        StatusCode.Unauthenticated => 401,
        StatusCode.PermissionDenied => 403,
        StatusCode.NotFound => 404,
        StatusCode.AlreadyExists or StatusCode.Aborted => 409,
        StatusCode.ResourceExhausted => 429,
        StatusCode.Unimplemented => 501,
        StatusCode.Unavailable => 503,
        StatusCode.DeadlineExceeded => 504,
        // UNKNOWN, INTERNAL, DATA_LOSS, and undefined codes.
        _ => 500,
    };

    /// <summary>Returns the code for a status that the web server set itself.</summary>
    public static StatusCode CodeOf(int status) => status switch
    {
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 or 405 => StatusCode.Unimplemented,
        429 => StatusCode.ResourceExhausted,
        503 => StatusCode.Unavailable,
        504 => StatusCode.DeadlineExceeded,
        >= 400 and < 500 => StatusCode.InvalidArgument,
        _ => StatusCode.Internal,
    };

    /// <summary>Returns `FAILED_PRECONDITION` for `FailedPrecondition`.</summary>
    public static string NameOf(StatusCode code)
    {
        if (code == StatusCode.OK)
            return "OK";

        var name = new StringBuilder();
        foreach (var letter in Enum.IsDefined(code) ? code.ToString() : nameof(StatusCode.Unknown))
            name.Append(char.IsUpper(letter) && name.Length > 0 ? "_" : "").Append(char.ToUpperInvariant(letter));
        return name.ToString();
    }
}
