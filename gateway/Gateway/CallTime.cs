using System.Globalization;
using Journeys.BuildingBlocks;
using Microsoft.AspNetCore.Http.Features;

namespace Journeys.Gateways;

/// <summary>
/// The time that a call has left. Includes everything that the call waits for: authentication, its row in the audit
/// log, the service.
/// </summary>
/// <param name="limit">The total time of the call.</param>
/// <param name="time">The clock.</param>
/// <param name="asked">How long the client of a native call waits; null when it did not say.</param>
public sealed class CallTime(TimeSpan limit, TimeProvider time, TimeSpan? asked = null)
{
    // A timer counts whole milliseconds and may fire up to one early.
    static readonly TimeSpan Early = TimeSpan.FromMilliseconds(2);

    const string Header = "grpc-timeout";
    const int MostDigits = 8;

    readonly long begunAt = time.GetTimestamp();
    TimeSpan spared;

    /// <summary>The time left; never negative.</summary>
    public TimeSpan Left => limit + spared - time.GetElapsedTime(begunAt) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Whether the client's own deadline has passed, so that it no longer waits for any other status.</summary>
    public bool IsOverForClient => time.GetElapsedTime(begunAt) >= asked - Early;

    /// <summary>The time left, in the format of `grpc-timeout`.</summary>
    public string GrpcTimeout => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (long)Left.TotalMilliseconds)}m");

    /// <summary>Returns the time of the current call.</summary>
    public static CallTime Of(HttpContext context) => context.Features.GetRequiredFeature<CallTime>();

    /// <summary>Returns the time limit that the client of a native call set; null when it set none.</summary>
    /// <exception cref="InvalidInput">The limit is not in the format of gRPC.</exception>
    public static TimeSpan? Asked(IHeaderDictionary headers) => headers.TryGetValue(Header, out var text) ? Read(text.ToString()) : null;

    /// <summary>
    /// Returns a source whose token is cancelled when the call's time is over, or when `ct` is cancelled.
    /// </summary>
    public CancellationTokenSource LimitTo(CancellationToken ct)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (Left > TimeSpan.Zero)
            source.CancelAfter(Left);
        else
            source.Cancel();
        return source;
    }

    /// <summary>Waits without using up the call's time, for work of the client such as sending the body.</summary>
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

    static TimeSpan Read(string text)
    {
        if (text.Length is < 2 or > MostDigits + 1 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw Unreadable();

        return text[^1] switch
        {
            'H' => TimeSpan.FromHours(number),
            'M' => TimeSpan.FromMinutes(number),
            'S' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMilliseconds(number),
            'u' => TimeSpan.FromMicroseconds(number),
            'n' => TimeSpan.FromMicroseconds(number / 1000.0),
            _ => throw Unreadable(),
        };
    }

    static InvalidInput Unreadable() => new(Header, "must be at most 8 digits and a unit, H, M, S, m, u or n.");
}
