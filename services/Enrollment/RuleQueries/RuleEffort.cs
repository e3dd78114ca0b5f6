using System.Collections.Concurrent;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>Limits the work of rules about one person in one call, and of all rules of one site per second.</summary>
public sealed class RuleEffort(IOptions<RuleOptions> options, TimeProvider time)
{
    // Takes less than 100 milliseconds. Rules within their budgets need a hundredth of it, and a tenth for the longest
    // texts.
    const long MostSteps = 20_000_000;

    static readonly TimeSpan Burst = TimeSpan.FromSeconds(10);

    // Work of timers and sweeps is never refused. Without this limit it could add up until calls are refused for hours.
    static readonly TimeSpan MostOwed = 2 * Burst;

    readonly ConcurrentDictionary<Guid, Account> accounts = new();

    /// <summary>Returns the budget for one person in one call. Its use is charged to the site.</summary>
    public Effort Of(Guid siteId, CancellationToken ct) => new(MostSteps, () => new RulesTooCostly(), AccountOf(siteId).Charge, ct);

    /// <summary>
    /// Refuses a call about a person, before it changes anything, if the site's rules used too much lately.
    /// </summary>
    /// <exception cref="TooManyCalls">The site's rules used too much lately.</exception>
    public void RefuseOverspent(Guid siteId)
    {
        if (AccountOf(siteId).UntilPaid() is var wait && wait > TimeSpan.Zero)
            throw new TooManyCalls("This site's rules are too expensive for its number of calls. Use fewer and shorter regular expressions.") { RetryAfter = wait };
    }

    Account AccountOf(Guid siteId) => accounts.GetOrAdd(siteId, _ => new(options.Value.StepsPerSecond, time));

    // Charges work after it is done. The debt shrinks as time passes.
    sealed class Account(long stepsPerSecond, TimeProvider time)
    {
        readonly Lock gate = new();
        TimeSpan owed;
        long asOf = time.GetTimestamp();

        public void Charge(long steps)
        {
            lock (gate)
            {
                owed = Owed() + (TimeSpan.FromSeconds(1) * ((double)steps / stepsPerSecond));
                if (owed > MostOwed)
                    owed = MostOwed;
            }
        }

        public TimeSpan UntilPaid()
        {
            lock (gate)
                return (owed = Owed()) - Burst;
        }

        TimeSpan Owed()
        {
            var now = time.GetTimestamp();
            var left = owed - time.GetElapsedTime(asOf, now);
            asOf = now;
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}

/// <summary>
/// The rules about a person need too much work: FAILED_PRECONDITION. The same rules need the same work for the same
/// person every time.
/// </summary>
public sealed class RulesTooCostly()
    : DomainException(
        StatusCode.FailedPrecondition, "RULES_TOO_COSTLY",
        "This site's rules are too expensive to evaluate for this person. Use fewer and shorter regular expressions.")
{
    /// <summary>
    /// The timeout of the database while it read the person's events; null when the limit was another. The database may
    /// be slow for everybody.
    /// </summary>
    public PostgresException? InDatabase { get; init; }
}

/// <summary>Reading the events of a person timed out because the database is slow for everybody: UNAVAILABLE.</summary>
public sealed class DatabaseSlow()
    : DomainException(StatusCode.Unavailable, "TRY_AGAIN", "Evaluating the rules for this person timed out in the database; nothing was changed. Try again.");
