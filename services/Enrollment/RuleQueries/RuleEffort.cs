using System.Collections.Concurrent;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>What the rules about one person may take in one call, and those of one site in a second.</summary>
public sealed class RuleEffort(IOptions<RuleOptions> options, TimeProvider time)
{
    // Less than 100 milliseconds. Rules within their budgets take a hundredth of it, even for the longest texts a tenth.
    const long MostSteps = 20_000_000;

    static readonly TimeSpan Burst = TimeSpan.FromSeconds(10);

    // What timers and sweeps take is not refused, so it could be any amount, and nobody would be served for hours after.
    static readonly TimeSpan MostOwed = 2 * Burst;

    readonly ConcurrentDictionary<Guid, Account> accounts = new();

    /// <summary>The effort for one person in one call, which the site pays.</summary>
    public Effort Of(Guid siteId, CancellationToken ct) => new(MostSteps, () => new RulesTooCostly(), AccountOf(siteId).Charge, ct);

    /// <summary>Returns when the rules of the site may take more work now. Asked before a call about a person changes anything.</summary>
    /// <exception cref="TooManyCalls">They took too much lately.</exception>
    public void RefuseOverspent(Guid siteId)
    {
        if (AccountOf(siteId).UntilPaid() is var wait && wait > TimeSpan.Zero)
            throw new TooManyCalls("This site's rules are too expensive for its number of calls. Use fewer and shorter regular expressions.") { RetryAfter = wait };
    }

    Account AccountOf(Guid siteId) => accounts.GetOrAdd(siteId, _ => new(options.Value.StepsPerSecond, time));

    // Work is counted after it is done, and what is owed is paid as time goes by.
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

/// <summary>Rules about somebody take too much work: FAILED_PRECONDITION. The same rules take the same for the same person every time.</summary>
public sealed class RulesTooCostly()
    : DomainException(
        StatusCode.FailedPrecondition, "RULES_TOO_COSTLY",
        "This site's rules are too expensive to evaluate for this person. Use fewer and shorter regular expressions.")
{
    /// <summary>Why the database did not look through the person's events to the end; null where it was not the database. It may be slow for everybody.</summary>
    public PostgresException? InDatabase { get; init; }
}

/// <summary>The database did not look through somebody's events in time, and may be slow for everybody: UNAVAILABLE.</summary>
public sealed class DatabaseSlow()
    : DomainException(StatusCode.Unavailable, "TRY_AGAIN", "Evaluating the rules for this person timed out in the database; nothing was changed. Try again.");
