using Google.Protobuf;

namespace Journeys.Copies;

/// <summary>The state of the copy of one journey, audience or halt. The id of a halt is the id of its site.</summary>
/// <param name="Number">The number of the newest change in the copy; 0 for none.</param>
/// <param name="Version">The highest version up to which the copy has every version that it needs; 0 for none.</param>
/// <param name="Time">When that change happened; null if an earlier release applied it.</param>
/// <param name="VersionTime">
/// When the newest version was published; null without one, or if an earlier release applied it.
/// </param>
/// <param name="Distrust">
/// Names the <see cref="ICopy.DistrustAsync"/> of a journey after which not all changes are applied again yet; null for
/// none.
/// </param>
public readonly record struct Known(int Number, int Version, DateTimeOffset? Time, DateTimeOffset? VersionTime, Guid? Distrust);

/// <summary>A service's own copy of journeys and audiences, which Definition owns.</summary>
public interface ICopy
{
    /// <summary>Returns the state of these journeys, audiences and halts. Unknown ones are left out.</summary>
    Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct);

    /// <summary>
    /// Lists the published journeys and the halted sites in the copy. A halt has the site's id twice.
    /// </summary>
    Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListAsync(CancellationToken ct);

    /// <summary>
    /// Makes any change of this journey, audience or halt count as newer than the copy, if the copy is still at this
    /// change. Of a journey the copy stays distrusted until <see cref="TrustAsync"/>, so that a crash loses no change.
    /// </summary>
    /// <returns>The name of the distrust; null if the copy is not distrusted from now on.</returns>
    /// <param name="siteId">The site.</param>
    /// <param name="id">The journey or audience; the site's own id for its halt.</param>
    /// <param name="number">The number of the change that Definition never made, or no longer knows.</param>
    /// <param name="at">When that change happened: after a restore Definition gives its number to another one.</param>
    /// <param name="ct">Cancels the operation.</param>
    Task<Guid?> DistrustAsync(Guid siteId, Guid id, int number, DateTimeOffset? at, CancellationToken ct);

    /// <summary>Ends the distrust of a journey, because all changes are applied again.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="id">The journey.</param>
    /// <param name="distrust">Which one: another replica may have begun a later one.</param>
    /// <param name="ct">Cancels the operation.</param>
    Task TrustAsync(Guid siteId, Guid id, Guid distrust, CancellationToken ct);

    /// <summary>Applies one change and its consequences, as if it had arrived by message.</summary>
    /// <param name="change">A message of `journeys.events.v1` about a journey, an audience or the halt of a site.</param>
    /// <param name="ct">Cancels the operation.</param>
    Task ApplyAsync(IMessage change, CancellationToken ct);
}
