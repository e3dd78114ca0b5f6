using Grpc.Core;
using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;

namespace Journeys.Access.Accounts;

/// <summary>
/// Slows down attackers who guess passwords, and nobody else: wrong passwords are counted per e-mail and address.
/// </summary>
/// <remarks>Each replica counts for itself.</remarks>
public sealed class SignInDelays(IOptions<AccessOptions> options, TimeProvider time)
{
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    static readonly TimeSpan Forgotten = 2 * Longest;
    static readonly TimeSpan PerAddress = TimeSpan.FromSeconds(1);

    readonly Tally<(string Email, string Address)> pairs = new();
    readonly Tally<string> addresses = new();
    readonly Lock gate = new();

    /// <summary>
    /// Counts an attempt before its password is checked, so that concurrent attempts count like consecutive ones.
    /// </summary>
    /// <returns>How long the attempt has to wait because of wrong passwords from the same address.</returns>
    /// <exception cref="TooManyTries">
    /// There were too many wrong passwords for this e-mail from this address.
    /// </exception>
    public TimeSpan Begin(string email, string address)
    {
        var network = ClientAddress.Network(address);
        lock (gate)
        {
            var now = time.GetUtcNow();
            var (failures, last) = pairs.Find((email, network), now - Forgotten);
            if (WaitAfter(failures) - (now - last) is var wait && wait > TimeSpan.Zero)
                throw new TooManyTries(wait);

            pairs.Set((email, network), failures + 1, now, now - Forgotten);
            var (wrong, since) = addresses.Find(network, now - Longest);
            addresses.Set(network, wrong + 1, wrong == 0 ? now : since, now - Longest);
            return wrong >= options.Value.SignInTriesPerAddress ? PerAddress : TimeSpan.Zero;
        }
    }

    /// <summary>Removes the attempt from the counts, because the password was right.</summary>
    public void Succeed(string email, string address)
    {
        var network = ClientAddress.Network(address);
        lock (gate)
        {
            pairs.Remove((email, network));
            addresses.TakeBack(network);
        }
    }

    /// <summary>Returns how long the next attempt has to wait after a number of wrong ones in a row.</summary>
    public TimeSpan WaitAfter(int failures)
    {
        var beyond = failures - options.Value.SignInFreeTries;
        return beyond < 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, Math.Pow(2, Math.Min(beyond, 20))));
    }

    sealed class Tally<TKey>
        where TKey : notnull
    {
        // Takes about 20 MB. Counting would not stop an attacker with that many addresses.
        const int Most = 100_000;

        readonly Dictionary<TKey, (int Count, DateTimeOffset At)> counts = [];

        public (int Count, DateTimeOffset At) Find(TKey key, DateTimeOffset oldest) =>
            counts.TryGetValue(key, out var found) && found.At > oldest ? found : (0, DateTimeOffset.MinValue);

        public void Set(TKey key, int count, DateTimeOffset at, DateTimeOffset oldest)
        {
            if (counts.Count >= Most && !counts.ContainsKey(key))
                MakeRoom(oldest);
            counts[key] = (count, at);
        }

        public void Remove(TKey key) => counts.Remove(key);

        public void TakeBack(TKey key)
        {
            if (counts.TryGetValue(key, out var found))
                counts[key] = (Math.Max(0, found.Count - 1), found.At);
        }

        void MakeRoom(DateTimeOffset oldest)
        {
            foreach (var key in counts.Where(each => each.Value.At <= oldest).Select(each => each.Key).ToList())
                counts.Remove(key);
            if (counts.Count < Most)
                return;

            foreach (var key in counts.OrderBy(each => each.Value.At).Take(Most / 10).Select(each => each.Key).ToList())
                counts.Remove(key);
        }
    }
}

/// <summary>Too many wrong passwords or codes: RESOURCE_EXHAUSTED.</summary>
public sealed class TooManyTries(TimeSpan wait) : DomainException(
    StatusCode.ResourceExhausted, "TOO_MANY_TRIES", $"Too many wrong passwords or codes. Try again in {Math.Ceiling(wait.TotalSeconds)} seconds.")
{
    /// <summary>The time until the next attempt.</summary>
    public override TimeSpan? RetryAfter { get; init; } = wait;
}
