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
    [InlineData("25P03", Fault.Passing)] // idle_in_transaction_session_timeout
    [InlineData("25P04", Fault.Passing)] // transaction_timeout
    [InlineData("57P05", Fault.Passing)] // idle_session_timeout
    [InlineData("42501", Fault.Mendable)] // insufficient_privilege: rights are being given
    [InlineData("3F000", Fault.Mendable)] // invalid_schema_name: being restored, as the next ones
    [InlineData("42P01", Fault.Mendable)] // undefined_table
    [InlineData("42703", Fault.Mendable)] // undefined_column
    [InlineData("42883", Fault.Mendable)] // undefined_function
    [InlineData("42704", Fault.Mendable)] // undefined_object
    [InlineData("42P10", Fault.Mendable)] // invalid_column_reference: no such unique index for `on conflict`
    [InlineData("0A000", Fault.Mendable)] // feature_not_supported: an older server, or a plan from before a migration
    [InlineData("F0000", Fault.Mendable)] // config_file_error
    [InlineData("XX001", Fault.Mendable)] // data_corrupted
    [InlineData("XX002", Fault.Mendable)] // index_corrupted
    [InlineData("3D000", Fault.Passing)] // invalid_catalog_name: being restored
    [InlineData("22021", Fault.Final)] // character_not_in_repertoire
    [InlineData("22003", Fault.Final)] // numeric_value_out_of_range
    [InlineData("23505", Fault.Unknown)] // unique_violation
    [InlineData("25P02", Fault.Unknown)] // in_failed_sql_transaction: a bug of ours
    [InlineData("42601", Fault.Unknown)] // syntax_error: a rule that is compiled wrongly
    [InlineData("XX000", Fault.Unknown)] // internal_error
    public void An_answer_of_postgresql_is_told_by_its_state(string state, Fault expected) =>
        Assert.Equal(expected, Faults.Of(new PostgresException("as the test wants it", "ERROR", "ERROR", state)));

    [Theory]
    [InlineData(StatusCode.Unavailable, Fault.Passing)]
    [InlineData(StatusCode.DeadlineExceeded, Fault.Passing)]
    [InlineData(StatusCode.ResourceExhausted, Fault.Passing)]
    [InlineData(StatusCode.Cancelled, Fault.Passing)]
    [InlineData(StatusCode.Aborted, Fault.Passing)]
    [InlineData(StatusCode.Unimplemented, Fault.Passing)] // its replica is of an older release
    [InlineData(StatusCode.Internal, Fault.Mendable)]
    [InlineData(StatusCode.Unknown, Fault.Mendable)]
    [InlineData(StatusCode.DataLoss, Fault.Mendable)]
    [InlineData(StatusCode.Unauthenticated, Fault.Mendable)] // the key between services is being rotated
    [InlineData(StatusCode.PermissionDenied, Fault.Mendable)]
    [InlineData(StatusCode.InvalidArgument, Fault.Final)]
    [InlineData(StatusCode.OutOfRange, Fault.Final)]
    [InlineData(StatusCode.NotFound, Fault.Unknown)]
    [InlineData(StatusCode.AlreadyExists, Fault.Unknown)]
    [InlineData(StatusCode.FailedPrecondition, Fault.Unknown)]
    public void An_answer_of_another_service_is_told_by_its_status(StatusCode code, Fault expected) =>
        Assert.Equal(expected, Faults.Of(new RpcException(new Status(code, "as the test wants it"))));

    public static TheoryData<StatusCode> Codes => [.. Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)];

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_refusal_of_ones_own_that_says_later_is_not_final(StatusCode code)
    {
        var expected = code switch
        {
            StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded or StatusCode.Cancelled => Fault.Passing,
            StatusCode.Aborted or StatusCode.Internal or StatusCode.Unknown => Fault.Unknown,
            _ => Fault.Final,
        };

        Assert.Equal(expected, Faults.Of(new AnyRefusal(code)));
    }

    [Fact]
    public void What_passes_passes()
    {
        Assert.Equal(Fault.Passing, Faults.Of(new NpgsqlException("Exception while reading from stream")));
        Assert.Equal(Fault.Passing, Faults.Of(new SocketException(111)));
        Assert.Equal(Fault.Passing, Faults.Of(new TimeoutException()));
        Assert.Equal(Fault.Passing, Faults.Of(new NotYet("The journey has not arrived yet.")));
        Assert.Equal(Fault.Passing, Faults.Of(new PutOff("The rest is put off.")));
        Assert.Equal(Fault.Passing, Faults.Of(new BrokerUnavailable("RabbitMQ did not confirm.")));
        Assert.Equal(Fault.Passing, Faults.Of(new Unreachable()));
    }

    [Fact]
    public void Of_several_failures_the_one_that_calls_for_more_tries_decides()
    {
        var (final, unknown, passing) = (new FormatException("not a UUID"), new InvalidOperationException("a bug"), new TimeoutException());
        var mendable = new PostgresException("permission denied", "ERROR", "ERROR", PostgresErrorCodes.InsufficientPrivilege);

        Assert.Equal(Fault.Passing, Faults.Of(new AggregateException(final, unknown, passing)));
        Assert.Equal(Fault.Passing, Faults.Of(new AggregateException(mendable, passing)));
        Assert.Equal(Fault.Mendable, Faults.Of(new AggregateException(final, unknown, mendable)));
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

    sealed class AnyRefusal(StatusCode code) : DomainException(code, "AS_THE_TEST_WANTS_IT", "As the test wants it.");
}
