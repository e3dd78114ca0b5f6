using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Outboxes;
using Npgsql;

namespace Journeys.BuildingBlocks.Tests;

public sealed class FaultTests
{
    [Theory]
    [InlineData("57P01", Fault.Passing)] // admin_shutdown
    [InlineData("57014", Fault.Passing)] // query_canceled
    [InlineData("53300", Fault.Passing)] // too_many_connections
    [InlineData("53100", Fault.Passing)] // disk_full
    [InlineData("40P01", Fault.Passing)] // deadlock_detected
    [InlineData("40001", Fault.Passing)] // serialization_failure
    [InlineData("55P03", Fault.Passing)] // lock_not_available
    [InlineData("08006", Fault.Passing)] // connection_failure
    [InlineData("25006", Fault.Passing)] // read_only_sql_transaction
    [InlineData("28P01", Fault.Passing)] // invalid_password: being rotated
    [InlineData("3D000", Fault.Passing)] // invalid_catalog_name: being restored
    [InlineData("22021", Fault.Final)] // character_not_in_repertoire
    [InlineData("22003", Fault.Final)] // numeric_value_out_of_range
    [InlineData("23505", Fault.Unknown)] // unique_violation
    [InlineData("42703", Fault.Unknown)] // undefined_column
    [InlineData("XX000", Fault.Unknown)] // internal_error
    public void An_answer_of_postgresql_is_told_by_its_state(string state, Fault expected) =>
        Assert.Equal(expected, Faults.Of(new PostgresException("as the test wants it", "ERROR", "ERROR", state)));

    [Theory]
    [InlineData(StatusCode.Unavailable, Fault.Passing)]
    [InlineData(StatusCode.DeadlineExceeded, Fault.Passing)]
    [InlineData(StatusCode.ResourceExhausted, Fault.Passing)]
    [InlineData(StatusCode.InvalidArgument, Fault.Final)]
    [InlineData(StatusCode.Internal, Fault.Unknown)]
    public void An_answer_of_another_service_is_told_by_its_status(StatusCode code, Fault expected) =>
        Assert.Equal(expected, Faults.Of(new RpcException(new Status(code, "as the test wants it"))));

    [Fact]
    public void What_passes_passes()
    {
        Assert.Equal(Fault.Passing, Faults.Of(new NpgsqlException("Exception while reading from stream")));
        Assert.Equal(Fault.Passing, Faults.Of(new SocketException(111)));
        Assert.Equal(Fault.Passing, Faults.Of(new TimeoutException()));
        Assert.Equal(Fault.Passing, Faults.Of(new NotYet("The journey has not arrived yet.")));
        Assert.Equal(Fault.Passing, Faults.Of(new PutOff("The rest is put off.")));
        Assert.Equal(Fault.Passing, Faults.Of(new BrokerUnavailable("RabbitMQ did not confirm.")));
    }

    [Fact]
    public void Of_several_failures_the_one_that_calls_for_more_tries_decides()
    {
        var (final, unknown, passing) = (new FormatException("not a UUID"), new InvalidOperationException("a bug"), new TimeoutException());

        Assert.Equal(Fault.Passing, Faults.Of(new AggregateException(final, unknown, passing)));
        Assert.Equal(Fault.Unknown, Faults.Of(new AggregateException(final, unknown)));
        Assert.Equal(Fault.Final, Faults.Of(new AggregateException(final, final)));
    }

    [Fact]
    public void What_is_refused_for_good_is_final_and_a_bug_is_unknown()
    {
        Assert.Equal(Fault.Final, Faults.Of(new FormatException("not a UUID")));
        Assert.Equal(Fault.Final, Faults.Of(new InvalidInput("siteId", "must be a UUID.")));
        Assert.Equal(Fault.Final, Faults.Of(new NotFound("journey", 7)));
        Assert.Equal(Fault.Final, Faults.Of(Assert.Throws<InvalidProtocolBufferException>(
            () => Protos.Events.V1.ChunkRequested.Parser.ParseFrom([255, 255, 255]))));
        Assert.Equal(Fault.Unknown, Faults.Of(new InvalidOperationException("a bug")));
        Assert.Equal(Fault.Unknown, Faults.Of(new Conflict("STALE", "Somebody was faster.")));
    }

    [Fact]
    public void A_cause_decides_when_the_outer_exception_says_nothing()
    {
        Assert.Equal(Fault.Passing, Faults.Of(new InvalidOperationException("wrapped", new NpgsqlException("gone"))));
        Assert.Equal(Fault.Final, Faults.Of(new InvalidOperationException("wrapped", new FormatException("not a UUID"))));
    }
}
