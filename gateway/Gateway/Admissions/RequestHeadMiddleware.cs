using Grpc.Core;
using Journeys.Gateways.Problems;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Journeys.Gateways.Admissions;

/// <summary>Refuses what is too large before the body of a request, and says so: the web server's own answer to it has no body.</summary>
public sealed class RequestHeadMiddleware(RequestDelegate next)
{
    const int MaxAddress = 8 * 1024;
    const int MaxHeaders = 100;
    const int MaxHeadersSize = 32 * 1024;

    // How much more the web server takes in, only for it to be refused here.
    const int Room = 4;

    /// <summary>What the web server takes in. Beyond that it answers by itself.</summary>
    public static void Set(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = Room * MaxAddress;
        limits.MaxRequestHeaderCount = Room * MaxHeaders;
        limits.MaxRequestHeadersTotalSize = Room * MaxHeadersSize;
        // Otherwise one large field would end the connection, and with it all other calls on it.
        limits.Http2.MaxRequestHeaderFieldSize = Room * MaxHeadersSize;
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestFeature>()?.RawTarget.Length > MaxAddress)
        {
            throw new GatewayError(StatusCode.InvalidArgument, "ADDRESS_TOO_LONG", $"The address has more than {MaxAddress} characters.")
            {
                HttpStatus = StatusCodes.Status414UriTooLong,
            };
        }

        var (count, size) = (0, 0);
        foreach (var (name, values) in context.Request.Headers)
        {
            foreach (var value in values)
            {
                count++;
                size += name.Length + (value?.Length ?? 0);
            }
        }

        if (count > MaxHeaders || size > MaxHeadersSize)
        {
            throw new GatewayError(
                StatusCode.InvalidArgument, "HEADERS_TOO_LARGE", $"A request has at most {MaxHeaders} headers, cookies included, of at most {MaxHeadersSize / 1024} KiB in total.")
            {
                HttpStatus = StatusCodes.Status431RequestHeaderFieldsTooLarge,
            };
        }

        return next(context);
    }
}
