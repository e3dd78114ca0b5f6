using System.Net.Sockets;
using Google.Rpc;
using Grpc.Core;
using Journeys.Protos.Scheduler.V1;
using Npgsql;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks.Tests;

public sealed class ErrorTests
{
    public static TheoryData<Exception, StatusCode, string> Errors => new()
    {
        { new InvalidInput("userId", "is required."), StatusCode.InvalidArgument, "INVALID_INPUT" },
        { new NotFound("user list", 7), StatusCode.NotFound, "USER_LIST_NOT_FOUND" },
        { new Refused("JOURNEY_PAUSED", "The journey is paused."), StatusCode.FailedPrecondition, "JOURNEY_PAUSED" },
        { new Conflict("STALE_REVISION", "Somebody saved in between."), StatusCode.Aborted, "STALE_REVISION" },
        { new AlreadyThere("NAME_TAKEN", "There is one already."), StatusCode.AlreadyExists, "NAME_TAKEN" },
        { new NpgsqlException("gone", new SocketException()), StatusCode.Unavailable, "TRY_AGAIN" },
        { new BrokerUnavailable("gone"), StatusCode.Unavailable, "TRY_AGAIN" },
        { new InvalidOperationException("secret"), StatusCode.Internal, "INTERNAL" },
        { new RpcException(new Grpc.Core.Status(StatusCode.PermissionDenied, "not you")), StatusCode.Internal, "INTERNAL" },
    };

    [Theory]
    [MemberData(nameof(Errors), DisableDiscoveryEnumeration = true)]
    public async Task Every_error_has_its_status_and_reason(Exception thrown, StatusCode code, string reason)
    {
        var error = await CallAsync(_ => throw thrown);

        var info = error.GetRpcStatus()!.GetDetail<ErrorInfo>();
        Assert.Equal(code, error.StatusCode);
        Assert.Equal(("journeys", reason), (info.Domain, info.Reason));
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_violation_names_its_field()
    {
        var refusal = new Refused("GRAPH_INVALID", "The graph has problems.", [new("graph.nodes[tour]", "is unreachable."), new("graph.edges[e1]", "leads nowhere.")]);

        var error = await CallAsync(_ => throw refusal);

        var fields = error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Select(violation => violation.Field);
        Assert.Equal(["graph.nodes[tour]", "graph.edges[e1]"], fields);
    }

    [Fact]
    public async Task What_a_called_service_said_is_passed_on_with_its_details()
    {
        await using var called = await TestService.StartAsync(_ => throw new NotFound("journey", "x"));

        var error = await CallAsync(async context =>
            await called.Client.GetJobAsync(new GetJobRequest(), called.As(Role.Viewer), cancellationToken: context.CancellationToken));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Equal("JOURNEY_NOT_FOUND", error.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason);
    }

    [Fact]
    public async Task An_rpc_that_is_not_built_says_so()
    {
        await using var service = await TestService.StartAsync(_ => Task.FromResult(new Job()));

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await service.Client.GetTimerLagAsync(new GetTimerLagRequest(), service.As(Role.Viewer)));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task A_call_that_takes_too_long_fails_with_its_deadline()
    {
        await using var service = await TestService.StartAsync(async context =>
        {
            var never = new TaskCompletionSource<Job>();
            return await never.Task.WaitAsync(context.CancellationToken);
        });

        var error = await Assert.ThrowsAsync<RpcException>(async () => await service.Client.GetJobAsync(
            new GetJobRequest(), service.As(Role.Viewer), DateTime.UtcNow.AddMilliseconds(200)));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    static async Task<RpcException> CallAsync(Func<ServerCallContext, Task<Job>> answer)
    {
        await using var service = await TestService.StartAsync(answer);
        return await Assert.ThrowsAsync<RpcException>(async () => await service.Client.GetJobAsync(new GetJobRequest(), service.As(Role.Viewer)));
    }
}
