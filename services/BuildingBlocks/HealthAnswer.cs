using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Journeys.BuildingBlocks;

/// <summary>
/// Writes the answers to health checks. A 503 says when to ask again, as every temporary refusal does.
/// </summary>
public static class HealthAnswer
{
    /// <summary>Writes only the status.</summary>
    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        SayWhenToAskAgain(context.Response);
        return context.Response.WriteAsync(report.Status.ToString());
    }

    /// <summary>Writes the status and the description of every check, as JSON.</summary>
    public static Task WriteDetailAsync(HttpContext context, HealthReport report)
    {
        SayWhenToAskAgain(context.Response);
        return context.Response.WriteAsJsonAsync(new
        {
            status = report.Status.ToString(),
            checks = report.Entries.ToDictionary(
                entry => entry.Key, entry => new { status = entry.Value.Status.ToString(), description = entry.Value.Description ?? "" }),
        });
    }

    static void SayWhenToAskAgain(HttpResponse response)
    {
        if (response.StatusCode == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = "1";
    }
}
