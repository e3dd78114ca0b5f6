using System.Net.Sockets;
using Google.Rpc;
using Grpc.Core;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Outboxes;
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
        // With several hosts, none of which takes writes now.
        { new NpgsqlException("No suitable host was found."), StatusCode.Unavailable, "TRY_AGAIN" },
        { new PostgresException("cannot execute UPDATE", "ERROR", "ERROR", PostgresErrorCodes.ReadOnlySqlTransaction), StatusCode.Unavailable, "TRY_AGAIN" },
        { new PostgresException("terminating", "FATAL", "FATAL", "25P03"), StatusCode.Unavailable, "TRY_AGAIN" },
        { new PostgresException("terminating", "FATAL", "FATAL", "25P04"), StatusCode.Unavailable, "TRY_AGAIN" },
        // The host's name does not resolve.
        { new SocketException((int)SocketError.HostNotFound), StatusCode.Unavailable, "TRY_AGAIN" },
        { new PostgresException("no table secret", "ERROR", "ERROR", PostgresErrorCodes.UndefinedTable), StatusCode.Internal, "INTERNAL" },
        // What a replica of an older release says of an rpc that it has not.
        { new RpcException(new Grpc.Core.Status(StatusCode.Unimplemented, "Method is unimplemented.")), StatusCode.Unavailable, "TRY_AGAIN" },
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
        Assert.Equal(code == StatusCode.Unavailable, error.GetRpcStatus()!.GetDetail<RetryInfo>() is not null);
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
    public async Task A_large_refusal_is_cut_to_8_KiB_of_trailers_and_says_how_many_there_are()
    {
        var violations = Enumerable.Range(0, 500).Select(number => new Violation($"rule.{new string('x', 300)}[{number}]", new string('é', 2_000))).ToList();

        var error = await CallAsync(_ => throw new InvalidInput(violations));

        var status = error.GetRpcStatus()!;
        Assert.Equal("INVALID_INPUT", status.GetDetail<ErrorInfo>().Reason);
        Assert.Equal("500", status.GetDetail<ErrorInfo>().Metadata[RefusalStatus.CountKey]);
        Assert.InRange(status.GetDetail<BadRequest>().FieldViolations.Count, 1, 50);
        Assert.InRange(error.Trailers.Sum(trailer => trailer.IsBinary ? trailer.ValueBytes.Length * 4 / 3 : trailer.Value.Length), 1, 8 * 1024);
    }

    [Fact]
    public async Task The_first_50_of_many_violations_are_listed()
    {
        var violations = Enumerable.Range(0, 500).Select(number => new Violation($"graph.edges[e{number}]", "leads to no node of this journey.")).ToList();

        var error = await CallAsync(_ => throw new Refused("GRAPH_INVALID", "500 problems.", violations));

        Assert.Equal(violations.Take(50).Select(violation => violation.Field), error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Select(field => field.Field));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0x0A, 0x7F, 0x41 })]
    [InlineData(new byte[] { 0x0B })]
    [InlineData(new byte[] { 0x0A, 0x02, 0xC3, 0x28 })]
    public async Task Bytes_that_are_not_the_message_are_an_invalid_argument(byte[] bytes)
    {
        await using var service = await TestService.StartAsync(_ => Task.FromResult(new Job()));
        var method = new Method<byte[], byte[]>(
            MethodType.Unary, "journeys.scheduler.v1.SchedulerService", "GetJob", Marshallers.Create(raw => raw, raw => raw), Marshallers.Create(raw => raw, raw => raw));

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await service.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(service.As(Role.Viewer)), bytes));

        Assert.Equal((StatusCode.InvalidArgument, "INVALID_INPUT"), (error.StatusCode, error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason));
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
