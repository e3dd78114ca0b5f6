using Microsoft.Extensions.Time.Testing;

namespace Journeys.Gateways.Tests;

public sealed class CallTimeTests
{
    readonly FakeTimeProvider time = new();

    [Fact]
    public void The_service_gets_what_the_gateway_has_left()
    {
        var call = new CallTime(TimeSpan.FromSeconds(30), time);

        time.Advance(TimeSpan.FromSeconds(12));

        Assert.Equal((TimeSpan.FromSeconds(18), "18000m"), (call.Left, call.GrpcTimeout));
    }

    [Fact]
    public async Task What_the_client_takes_to_send_is_not_counted()
    {
        var call = new CallTime(TimeSpan.FromSeconds(30), time);
        var sending = new TaskCompletionSource<int>();
        var spared = call.SpareAsync(sending.Task);

        time.Advance(TimeSpan.FromSeconds(40));
        sending.SetResult(7);

        Assert.Equal(7, await spared);
        Assert.Equal(TimeSpan.FromSeconds(30), call.Left);
    }

    [Fact]
    public void Nothing_is_left_of_a_time_that_is_over()
    {
        var call = new CallTime(TimeSpan.FromSeconds(30), time);

        time.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal(TimeSpan.Zero, call.Left);
        Assert.True(call.LimitTo(default).IsCancellationRequested);
        // gRPC knows no deadline of nothing.
        Assert.Equal("1m", call.GrpcTimeout);
    }

    [Theory]
    [InlineData(20, 19, false)]
    [InlineData(20, 20, true)]
    [InlineData(60, 31, false)]
    [InlineData(null, 31, false)]
    public async Task The_deadline_of_the_client_passes_also_while_it_sends(int? asked, int elapsed, bool isOver)
    {
        var call = new CallTime(TimeSpan.FromSeconds(30), time, asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        var sending = new TaskCompletionSource<int>();
        var spared = call.SpareAsync(sending.Task);

        time.Advance(TimeSpan.FromSeconds(elapsed));
        sending.SetResult(7);
        await spared;

        Assert.Equal(isOver, call.IsOverForClient);
    }
}
