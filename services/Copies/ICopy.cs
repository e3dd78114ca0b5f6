using Google.Protobuf;

namespace Journeys.Copies;

/// <summary>How far a copy has come with one journey or audience.</summary>
/// <param name="Number">The number of the newest change that it has; 0 for none.</param>
/// <param name="Version">The highest version up to which it has every version that it needs; 0 for none.</param>
public readonly record struct Known(int Number, int Version);

/// <summary>A service's own copy of journeys and audiences, which Definition owns.</summary>
public interface ICopy
{
    /// <summary>How far it has come with these journeys and audiences; those that it has never heard of are left out.</summary>
    Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct);

    /// <summary>Takes over one change with all that follows from it, just as if it had come by message.</summary>
    /// <param name="change">A message of `journeys.events.v1` about a journey or an audience.</param>
    /// <param name="ct">Gives up.</param>
    Task ApplyAsync(IMessage change, CancellationToken ct);
}
