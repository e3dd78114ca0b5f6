using System.Globalization;
using Journeys.BuildingBlocks;
using Microsoft.AspNetCore.Http.Features;

namespace Journeys.Gateways;

/// <summary>How long a call may still take. All that it waits for counts: who calls, its row in the audit log, the service.</summary>
/// <param name="limit">How long it may take in all.</param>
/// <param name="time">The clock.</param>
public sealed class CallTime(TimeSpan limit, TimeProvider time)
{
    const string Header = "grpc-timeout";
    const int MostDigits = 8;

    readonly long begunAt = time.GetTimestamp();
    TimeSpan spared;

    /// <summary>What is left of it; never less than nothing.</summary>
    public TimeSpan Left => limit + spared - time.GetElapsedTime(begunAt) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>What is left, as gRPC says it in `grpc-timeout`.</summary>
    public string GrpcTimeout => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (long)Left.TotalMilliseconds)}m");

    /// <summary>The time of a call that is under way.</summary>
    public static CallTime Of(HttpContext context) => context.Features.GetRequiredFeature<CallTime>();

    /// <summary>How long the client of a native call waits for it, or null when it does not say.</summary>
    /// <exception cref="InvalidInput">It says so in a way that gRPC does not know.</exception>
    public static TimeSpan? Asked(IHeaderDictionary headers) => headers.TryGetValue(Header, out var text) ? Read(text.ToString()) : null;

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
