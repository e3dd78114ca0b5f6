using System.Diagnostics;
using System.Net;
using Grpc.Core;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Failures;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>How services reach each other while replicas come and go.</summary>
public sealed class ServiceClientTests
{
    [Fact]
    public async Task A_silent_address_and_one_that_slams_the_door_cost_a_moment_and_never_the_call()
    {
        const int calls = 12;
        using var silent = new SilentAddress();
        using var slamming = new SlammingAddress();
        var arrived = 0;
        await using var service = await TestService.StartAsync(_ =>
        {
            Interlocked.Increment(ref arrived);
            return Task.FromResult(new Job());
        });
        await using var caller = Caller($"{silent.Address},{slamming.Address},{service.Address}", service);
        var begun = Stopwatch.StartNew();

        await Task.WhenAll(Enumerable.Range(0, calls).Select(_ => CallAsync(caller)));

        Assert.Equal(calls, arrived);
        Assert.InRange(begun.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Whenever_the_door_is_slammed_the_call_is_known_not_to_have_arrived()
    {
        const int calls = 2_000;
        using var slamming = new SlammingAddress();
        using var handler = new SocketsHttpHandler();
        new ServiceConnections([slamming.Address], Certificates.None).Configure(handler);
        using var client = new HttpClient(handler)
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        for (var call = 0; call < calls; call++)
        {
            var failure = await Assert.ThrowsAnyAsync<Exception>(() => client.PostAsync(slamming.Address, new StringContent("a call")));
            Assert.IsType<HttpRequestException>(failure);
            Assert.True(ServiceConnections.NeverArrived(failure), failure.ToString());
        }
    }

    [Fact]
    public async Task A_service_that_cannot_be_reached_is_said_quickly()
    {
        using var silent = new SilentAddress();
        await using var service = await TestService.StartAsync(_ => Task.FromResult(new Job()));
        await using var caller = Caller(silent.Address.ToString(), service);

        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(caller));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task A_call_that_failed_on_the_way_is_a_refusal_of_ours_and_says_when_to_come_back()
    {
        using var silent = new SilentAddress();
        await using var called = await TestService.StartAsync(_ => Task.FromResult(new Job()));
        await using var caller = Caller(silent.Address.ToString(), called);
        await using var service = await TestService.StartAsync(_ => CallAsync(caller));

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await service.Client.GetJobAsync(new GetJobRequest(), service.As(Protos.Options.V1.Access.Types.Role.Viewer)));

        var status = error.GetRpcStatus()!;
        Assert.Equal((StatusCode.Unavailable, "TRY_AGAIN"), (error.StatusCode, status.GetDetail<Google.Rpc.ErrorInfo>().Reason));
        Assert.Equal(1, status.GetDetail<Google.Rpc.RetryInfo>()?.RetryDelay.Seconds);
        Assert.DoesNotContain("127.0.0.1", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_falls_silent_during_a_call_is_as_good_as_away()
    {
        var arrived = new TaskCompletionSource();
        var end = new TaskCompletionSource();
        await using var called = await TestService.StartAsync(async _ =>
        {
            arrived.SetResult();
            await end.Task;
            return new Job();
        });
        using var relay = new TcpRelay(new IPEndPoint(IPAddress.Loopback, new Uri(called.Address).Port));
        await using var caller = Caller($"http://127.0.0.1:{relay.Port}", called);
        await using var service = await TestService.StartAsync(_ => CallAsync(caller, TimeSpan.FromMinutes(2)));

        var call = service.Client.GetJobAsync(new GetJobRequest(), service.As(Protos.Options.V1.Access.Types.Role.Viewer));
        await arrived.Task;
        relay.Stall();
        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        end.SetResult();

        Assert.Equal((StatusCode.Unavailable, "TRY_AGAIN"), (error.StatusCode, error.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>().Reason));
    }

    // Another key, or a clock that differs by more than the tokens last.
    [Fact]
    public async Task A_service_that_does_not_believe_who_calls_is_as_good_as_away_and_our_caller_is_not_to_blame()
    {
        await using var called = await TestService.StartAsync(_ => Task.FromResult(new Job()));
        await using var stranger = await TestService.StartAsync(
            _ => Task.FromResult(new Job()), null, $"--Identity:SigningKey={Convert.ToBase64String(new byte[48])}");
        await using var caller = Caller(called.Address, stranger);
        await using var service = await TestService.StartAsync(_ => CallAsync(caller));

        var inside = await Assert.ThrowsAsync<RpcException>(() => CallAsync(caller));
        var outside = await Assert.ThrowsAsync<RpcException>(
            async () => await service.Client.GetJobAsync(new GetJobRequest(), service.As(Protos.Options.V1.Access.Types.Role.Viewer)));

        Assert.Equal((StatusCode.Unavailable, Fault.Passing), (inside.StatusCode, Faults.Of(inside)));
        Assert.Contains("Identity:SigningKey", inside.Status.Detail, StringComparison.Ordinal);
        Assert.Equal((StatusCode.Unavailable, "TRY_AGAIN"), (outside.StatusCode, outside.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>().Reason));
        Assert.DoesNotContain("SigningKey", outside.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("here")]
    [InlineData("http://127.0.0.1:7101,there")]
    public void An_address_that_is_none_is_said_at_start(string setting)
    {
        var builder = WebApplication.CreateBuilder([$"--Services:Scheduler={setting}"]);

        var failure = Assert.Throws<InvalidOperationException>(() => builder.AddServiceClient<SchedulerService.SchedulerServiceClient>("Scheduler"));

        Assert.Contains("Services:Scheduler", failure.Message, StringComparison.Ordinal);
    }

    // Signs as the called service expects it.
    static WebApplication Caller(string addresses, TestService called)
    {
        var builder = WebApplication.CreateBuilder([$"--Services:Scheduler={addresses}"]);
        builder.AddServiceDefaults("test");
        builder.Services.AddSingleton(called.Tokens);
        builder.AddServiceClient<SchedulerService.SchedulerServiceClient>("Scheduler");
        return builder.Build();
    }

    static async Task<Job> CallAsync(WebApplication caller, TimeSpan? deadline = null) =>
        await caller.Services.GetRequiredService<SchedulerService.SchedulerServiceClient>()
            .GetJobAsync(new GetJobRequest(), ServiceCall.For(Guid.CreateVersion7(), CancellationToken.None, deadline));
}
