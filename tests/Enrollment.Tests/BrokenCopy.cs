using Google.Protobuf;
using Journeys.Copies;

namespace Journeys.Enrollments.Tests;

/// <summary>A copy to which only some changes can be applied.</summary>
/// <param name="copy">The real one.</param>
/// <param name="after">How many changes are applied before one fails.</param>
/// <param name="forGood">Whether nothing is written any more after that, as after a crash.</param>
sealed class BrokenCopy(ICopy copy, int after, bool forGood) : ICopy
{
    public const string First = "This change cannot be applied now.";

    int tried;

    public Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(
        IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct) => copy.FindAsync(keys, ct);

    public Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListAsync(CancellationToken ct) => copy.ListAsync(ct);

    public Task<Guid?> DistrustAsync(Guid siteId, Guid id, int number, DateTimeOffset? at, CancellationToken ct) =>
        forGood && tried > after ? throw Gone : copy.DistrustAsync(siteId, id, number, at, ct);

    public Task TrustAsync(Guid siteId, Guid id, Guid distrust, CancellationToken ct) =>
        forGood && tried >= after ? throw Gone : copy.TrustAsync(siteId, id, distrust, ct);

    public Task ApplyAsync(IMessage change, CancellationToken ct) =>
        ++tried > after ? throw new InvalidOperationException(First) : copy.ApplyAsync(change, ct);

    static InvalidOperationException Gone => new("The database is gone.");
}
