using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Failures;
using Journeys.Enrollments.RuleQueries;
using Npgsql;

namespace Journeys.Enrollments.RowFaults;

/// <summary>Distinguishes a fault of one row from a fault of the system.</summary>
public static class RowFault
{
    const int MaxLength = 500;

    /// <summary>
    /// Whether the exception would occur again with the same row and with no other: a value that cannot be stored, a
    /// violated constraint, a version that is missing or unreadable, rules that are too costly. An outage does not
    /// count, because it is transient and affects all rows, and neither does a refusal, because it is an answer.
    /// </summary>
    public static bool Is(Exception exception) => exception switch
    {
        // Data exception, integrity violation, program limit exceeded.
        PostgresException postgres => postgres.SqlState[..2] is "22" or "23" or "54",
        RulesTooCostly => true,
        DomainException or OutOfMemoryException => false,
        _ => Faults.Of(exception) != Fault.Passing,
    };

    /// <summary>
    /// Whether a statement or a lock timed out. The cause may be one row, all rows of the statement together, or a slow
    /// database; the exception does not say which.
    /// </summary>
    public static bool TookTooLong(Exception exception) => exception
        is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable }
        or NpgsqlException { InnerException: TimeoutException }
        or RulesTooCostly { InDatabase: not null };

    /// <summary>Whether it waited too long for somebody else's lock, so that nothing of its own is to blame.</summary>
    public static bool WaitedForLock(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };

    /// <summary>Returns the exception to throw for a retry: for rules that timed out, the database's own, which is transient.</summary>
    public static Exception ToTryAgain(Exception failure) => failure is RulesTooCostly { InDatabase: { } cause } ? cause : failure;

    /// <summary>Returns the cause as text that can be stored, at most 500 characters.</summary>
    public static string Describe(Exception exception)
    {
        var text = exception is PostgresException postgres
            ? $"{postgres.SqlState} {postgres.MessageText} ({postgres.TableName} {postgres.ConstraintName})"
            : $"{exception.GetType().Name}: {exception.Message}";
        var clean = new string([.. text.Where(character => !char.IsControl(character) && !char.IsSurrogate(character))]);
        return clean.Length <= MaxLength ? clean : clean[..MaxLength];
    }
}
