using Google.Protobuf;

namespace Journeys.Copies;

/// <summary>How far a copy has come with one journey, audience or halt of a site, whose id is the site's.</summary>
/// <param name="Number">The number of the newest change that it has; 0 for none.</param>
/// <param name="Version">The highest version up to which it has every version that it needs; 0 for none.</param>
/// <param name="Time">When that change happened; null where a release before this one took it over.</param>
/// <param name="VersionTime">When the newest version was published; null without one, or where a release before this one took it over.</param>
public readonly record struct Known(int Number, int Version, DateTimeOffset? Time, DateTimeOffset? VersionTime);

/// <summary>A service's own copy of journeys and audiences, which Definition owns.</summary>
public interface ICopy
{
    /// <summary>How far it has come with these journeys and audiences; those that it has never heard of are left out.</summary>
    Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct);

    /// <summary>The published journeys and the halted sites, by the site's id twice, that it has.</summary>
    Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListAsync(CancellationToken ct);

    /// <summary>Lets any change of this journey, audience or halt count as newer than what it has, if that is still at a number.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="id">The journey or audience; the site's own id for its halt.</param>
    /// <param name="number">The number of the change that Definition never made, or no longer knows.</param>
    /// <param name="ct">Cancels the operation.</param>
    Task DistrustAsync(Guid siteId, Guid id, int number, CancellationToken ct);

    /// <summary>Applies one change with everything that follows from it, as if it had arrived by message.</summary>
    /// <param name="change">A message of `journeys.events.v1` about a journey, an audience or the halt of a site.</param>
    /// <param name="ct">Cancels the operation.</param>
    Task ApplyAsync(IMessage change, CancellationToken ct);
}
