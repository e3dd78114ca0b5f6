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
        faults.Contains(Fault.Passing) ? Fault.Passing : faults.Contains(Fault.Unknown) ? Fault.Unknown : Fault.Final;

    static Fault Judge(Exception exception) => exception switch
    {
        NotYet or PutOff or BrokerUnavailable => Fault.Passing,
        PostgresException answer => OfSqlState(answer.SqlState),
        // A bug of ours, although it comes as an NpgsqlException.
        NpgsqlOperationInProgressException => Fault.Unknown,
        NpgsqlException => Fault.Passing,
        RpcException call => OfCall(call.StatusCode),
        // Somebody else was faster: the next try reads the newer state.
        Conflict => Fault.Unknown,
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
        // The database is being restored.
        PostgresErrorCodes.InvalidCatalogName => Fault.Passing,
        _ => state[..Math.Min(2, state.Length)] switch
        {
            "08" or "28" or "40" or "53" or "55" or "57" or "58" => Fault.Passing,
            "22" => Fault.Final,
            _ => Fault.Unknown,
        },
    };

    static Fault OfCall(StatusCode code) => code switch
    {
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Cancelled or StatusCode.Aborted
            => Fault.Passing,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => Fault.Final,
        _ => Fault.Unknown,
    };
}
