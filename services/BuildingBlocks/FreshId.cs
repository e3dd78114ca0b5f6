namespace Journeys.BuildingBlocks;

/// <summary>Makes the ids of new rows and messages: UUIDs of version 7, so that newer ones come later.</summary>
public static class FreshId
{
    /// <summary>Returns an id for the current time.</summary>
    public static Guid Make() => Simulated.FreshId?.Invoke() ?? Guid.CreateVersion7();

    /// <summary>Returns an id for a given time.</summary>
    public static Guid Make(DateTimeOffset at) => Simulated.FreshId?.Invoke() ?? Guid.CreateVersion7(at);
}
