using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Journeys.BuildingBlocks.Outboxes;
using Npgsql;

namespace Journeys.BuildingBlocks.Failures;

/// <summary>What a failure means for retries.</summary>
public enum Fault
{
    /// <summary>Unknown. Retried a limited number of times.</summary>
    Unknown,

    /// <summary>
    /// Temporary: a database, a network or a service is unavailable or too busy. Retried without limit.
    /// </summary>
    Passing,

    /// <summary>
    /// The installation does not meet the needs of this release: a right or a table of the database is missing, or
    /// another service fails or does not accept our identity. Independent of the input, and gone once an operator or a
    /// deployment corrects it. Acknowledged work is retried without limit; callers get the failure at once.
    /// </summary>
    Mendable,

    /// <summary>Permanent: the input cannot be read, or is refused every time.</summary>
    Final,
}

/// <summary>A precondition has not arrived yet, because messages arrive in no order. Retried without limit.</summary>
public sealed class NotYet(string message) : Exception(message);

/// <summary>
/// Defers a part of a message, so that others get its place: the message is stored at once, and retried after others
/// had their turn.
/// </summary>
public sealed class PutOff(string message) : Exception(message);

/// <summary>Distinguishes temporary failures from permanent ones. Pure: depends on the exception alone.</summary>
public static class Faults
{
    /// <summary>
    /// Classifies a failure. The outermost exception with a known meaning decides, then its causes. Of several failures
    /// at once, the one that allows more retries decides.
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

    /// <summary>Returns whether the failure asks for a retry after other messages, instead of at once.</summary>
    public static bool IsPutOff(Exception exception) =>
        exception is PutOff || (exception is AggregateException several && several.InnerExceptions.Any(IsPutOff));

    // A temporary fault is retried, and the retry shows whether a permanent one remains.
    static Fault OfAll(Fault[] faults) =>
        new[] { Fault.Passing, Fault.Mendable, Fault.Unknown }.FirstOrDefault(faults.Contains, Fault.Final);

    static Fault Judge(Exception exception) => exception switch
    {
        NotYet or PutOff or BrokerUnavailable => Fault.Passing,
        PostgresException answer => OfSqlState(answer.SqlState),
        // A bug in our code, although it is an NpgsqlException.
        NpgsqlOperationInProgressException => Fault.Unknown,
        NpgsqlException => Fault.Passing,
        RpcException call => BrokeOff(call.Status.DebugException) ? Fault.Passing : OfCall(call.StatusCode),
        // Another caller was faster; a retry reads the newer state.
        DomainException { Code: StatusCode.Aborted } => Fault.Unknown,
        // A temporary refusal by our own code, such as for a site that is too busy.
        DomainException { Code: StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded or StatusCode.Cancelled }
            => Fault.Passing,
        DomainException { Code: StatusCode.Internal or StatusCode.Unknown } => Fault.Unknown,
        DomainException => Fault.Final,
        FormatException or InvalidProtocolBufferException => Fault.Final,
        // Callers check for their own cancellation first; any other cancellation is a timeout.
        TimeoutException or OperationCanceledException => Fault.Passing,
        SocketException or HttpRequestException or IOException => Fault.Passing,
        _ => Fault.Unknown,
    };

    // Classes from https://www.postgresql.org/docs/current/errcodes-appendix.html.
    static Fault OfSqlState(string state) => state switch
    {
        // The address led to a standby for a moment.
        PostgresErrorCodes.ReadOnlySqlTransaction => Fault.Passing,
        // The session was ended because its transaction was idle or open too long:
        // `idle_in_transaction_session_timeout`, `transaction_timeout`.
        "25P03" or "25P04" => Fault.Passing,
        // The database is being restored.
        PostgresErrorCodes.InvalidCatalogName => Fault.Passing,
        // Our statements are the same for every message, so a missing right or object affects all messages: while
        // rights are granted, a schema is restored or a release is rolled back. It must not turn messages into dead
        // letters.
        PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedTable
            or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.UndefinedObject
            or PostgresErrorCodes.InvalidColumnReference => Fault.Mendable,
        // The same holds for damaged tables and indexes.
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => Fault.Mendable,
        _ => state[..Math.Min(2, state.Length)] switch
        {
            "08" or "28" or "40" or "53" or "55" or "57" or "58" => Fault.Passing,
            // 0A: a feature that this server does not support, or a plan that a migration has invalidated. F0: its
            // configuration file.
            "0A" or "F0" => Fault.Mendable,
            "22" => Fault.Final,
            _ => Fault.Unknown,
        },
    };

    // The connection ended, so the service said nothing: the status is what our own client makes of it, and that is
    // INTERNAL for a service that answers no ping any more.
    static bool BrokeOff(Exception? cause) => cause is HttpRequestException or IOException || (cause is not null && BrokeOff(cause.InnerException));

    // An answer is what the called service says about the request or its own state. Internal errors, data loss and
    // failed authentication are not.
    static Fault OfCall(StatusCode code) => code switch
    {
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Cancelled or StatusCode.Aborted
            => Fault.Passing,
        // A replica of the previous release may not have the rpc yet; the next call may reach a newer one.
        StatusCode.Unimplemented => Fault.Passing,
        StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss or StatusCode.Unauthenticated or StatusCode.PermissionDenied
            => Fault.Mendable,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => Fault.Final,
        _ => Fault.Unknown,
    };
}
