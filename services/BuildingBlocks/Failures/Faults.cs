using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Journeys.BuildingBlocks.Outboxes;
using Npgsql;

namespace Journeys.BuildingBlocks.Failures;

/// <summary>What a failure means for whoever tries again.</summary>
public enum Fault
{
    /// <summary>Nobody can say. Worth a bounded number of tries.</summary>
    Unknown,

    /// <summary>It passes on its own: a database, a network or a service is away or too busy. Worth trying without end.</summary>
    Passing,

    /// <summary>
    /// Something of ours is not as this release needs it: a right or a table of the database is missing, or another service fails or does not know us.
    /// It says nothing about what was sent, and passes once an operator or a deployment has mended it. Worth trying without end for what was
    /// acknowledged; whoever calls is told at once that it failed.
    /// </summary>
    Mendable,

    /// <summary>It fails the same way every time: what was sent cannot be read, or is refused for good.</summary>
    Final,
}

/// <summary>Something that it needs has not arrived yet, because messages arrive in no order. Worth trying without end.</summary>
public sealed class NotYet(string message) : Exception(message);

/// <summary>A part of a message is left for later, so that others get its place: it is kept at once, and tried again when others had their turn.</summary>
public sealed class PutOff(string message) : Exception(message);

/// <summary>Distinguishes failures that pass from failures that do not. Pure: decides by the exception alone.</summary>
public static class Faults
{
    /// <summary>
    /// Returns what a failure means. The outermost exception that says something decides; its causes are asked next. Of several at once the one that
    /// calls for more tries decides.
    /// </summary>
    public static Fault Of(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is AggregateException { InnerExceptions.Count: > 0 } several)
                return OfAll([.. several.InnerExceptions.Select(Of)]);
            if (Judge(cause) is var fault and not Fault.Unknown)
                return fault;
        }

        return Fault.Unknown;
    }

    /// <summary>Whether it asks for its next try behind others, and not at once.</summary>
    public static bool IsPutOff(Exception exception) =>
        exception is PutOff || (exception is AggregateException several && several.InnerExceptions.Any(IsPutOff));

    // What passes comes again, and what is final then shows without it.
    static Fault OfAll(Fault[] faults) =>
        new[] { Fault.Passing, Fault.Mendable, Fault.Unknown }.FirstOrDefault(faults.Contains, Fault.Final);

    static Fault Judge(Exception exception) => exception switch
    {
        NotYet or PutOff or BrokerUnavailable => Fault.Passing,
        PostgresException answer => OfSqlState(answer.SqlState),
        // A bug of ours, although it comes as an NpgsqlException.
        NpgsqlOperationInProgressException => Fault.Unknown,
        NpgsqlException => Fault.Passing,
        RpcException call => OfCall(call.StatusCode),
        // Somebody else was faster: the next try reads the newer state.
        DomainException { Code: StatusCode.Aborted } => Fault.Unknown,
        // A refusal of our own that says "later", such as of a site that is too busy.
        DomainException { Code: StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded or StatusCode.Cancelled }
            => Fault.Passing,
        DomainException { Code: StatusCode.Internal or StatusCode.Unknown } => Fault.Unknown,
        DomainException => Fault.Final,
        FormatException or InvalidProtocolBufferException => Fault.Final,
        // One's own cancellation is the caller's to recognise first; any other is a time limit.
        TimeoutException or OperationCanceledException => Fault.Passing,
        SocketException or HttpRequestException or IOException => Fault.Passing,
        _ => Fault.Unknown,
    };

    // Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html.
    static Fault OfSqlState(string state) => state switch
    {
        // A standby that became what the address names for a moment.
        PostgresErrorCodes.ReadOnlySqlTransaction => Fault.Passing,
        // The session was ended because its transaction rested or took too long: `idle_in_transaction_session_timeout`, `transaction_timeout`.
        "25P03" or "25P04" => Fault.Passing,
        // The database is being restored.
        PostgresErrorCodes.InvalidCatalogName => Fault.Passing,
        // Our statements are the same for every message, so what they name and may not use or do not find is missing for all: while rights are being
        // given, a schema is being restored or a release is being rolled back. No message may die of that.
        PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedTable
            or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.UndefinedObject
            or PostgresErrorCodes.InvalidColumnReference => Fault.Mendable,
        // So it is with tables and indexes that are damaged.
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => Fault.Mendable,
        _ => state[..Math.Min(2, state.Length)] switch
        {
            "08" or "28" or "40" or "53" or "55" or "57" or "58" => Fault.Passing,
            // What this server does not support, or a plan that a migration has outdated; its configuration file.
            "0A" or "F0" => Fault.Mendable,
            "22" => Fault.Final,
            _ => Fault.Unknown,
        },
    };

    // What the called service says about the request or its own state is an answer. That it broke, lost something or does not know us is not.
    static Fault OfCall(StatusCode code) => code switch
    {
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Cancelled or StatusCode.Aborted
            => Fault.Passing,
        // Replicas of the release before this one do not have the rpc yet; the next call may reach one that does.
        StatusCode.Unimplemented => Fault.Passing,
        StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss or StatusCode.Unauthenticated or StatusCode.PermissionDenied
            => Fault.Mendable,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => Fault.Final,
        _ => Fault.Unknown,
    };
}
