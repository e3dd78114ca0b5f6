using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Failures;
using Journeys.Enrollments.RuleQueries;
using Npgsql;

namespace Journeys.Enrollments.RowFaults;

/// <summary>Distinguishes a fault of one row from one of the machinery.</summary>
public static class RowFault
{
    const int MaxLength = 500;

    /// <summary>
    /// Whether it would happen again with the same row and is nobody else's: a value that cannot be stored, a broken rule of the database, a version
    /// that is missing or cannot be read, rules that take too much. An outage is none: it passes, and everybody has it. A refusal is an answer.
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
    /// Whether it was ended because it took too long, or waited too long for somebody else. It may be one row of many that takes so much, or all of
    /// them together, or everything does: the exception does not tell.
    /// </summary>
    public static bool TookTooLong(Exception exception) => exception
        is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable }
        or NpgsqlException { InnerException: TimeoutException }
        or RulesTooCostly { InDatabase: not null };

    /// <summary>Returns the exception to throw for a retry: for rules that timed out, the database's own, which is transient.</summary>
    public static Exception ToTryAgain(Exception failure) => failure is RulesTooCostly { InDatabase: { } cause } ? cause : failure;

    /// <summary>The cause in at most 500 characters that can be stored.</summary>
    public static string Describe(Exception exception)
    {
        var text = exception is PostgresException postgres
            ? $"{postgres.SqlState} {postgres.MessageText} ({postgres.TableName} {postgres.ConstraintName})"
            : $"{exception.GetType().Name}: {exception.Message}";
        var clean = new string([.. text.Where(character => !char.IsControl(character) && !char.IsSurrogate(character))]);
        return clean.Length <= MaxLength ? clean : clean[..MaxLength];
    }
}
