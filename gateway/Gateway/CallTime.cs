using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace Journeys.Gateways;

/// <summary>How long a call may still take. All that it waits for counts: who calls, its row in the audit log, the service.</summary>
/// <param name="limit">How long it may take in all.</param>
/// <param name="time">The clock.</param>
public sealed class CallTime(TimeSpan limit, TimeProvider time)
{
    readonly long begunAt = time.GetTimestamp();
    TimeSpan spared;

    /// <summary>What is left of it; never less than nothing.</summary>
    public TimeSpan Left => limit + spared - time.GetElapsedTime(begunAt) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>What is left, as gRPC says it in `grpc-timeout`.</summary>
    public string GrpcTimeout => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (long)Left.TotalMilliseconds)}m");

    /// <summary>The time of a call that is under way.</summary>
    public static CallTime Of(HttpContext context) => context.Features.GetRequiredFeature<CallTime>();

    /// <summary>Returns a token that ends with the call's time, or when `ct` does.</summary>
    public CancellationTokenSource LimitTo(CancellationToken ct)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (Left > TimeSpan.Zero)
            source.CancelAfter(Left);
        else
            source.Cancel();
        return source;
    }

    /// <summary>Waits for what is the client's own time, such as the sending of the body.</summary>
    public async Task<T> SpareAsync<T>(Task<T> sending)
    {
        var from = time.GetTimestamp();
        try
        {
            return await sending;
        }
        finally
        {
            spared += time.GetElapsedTime(from);
        }
    }
}
