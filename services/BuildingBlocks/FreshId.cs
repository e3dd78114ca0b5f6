namespace Journeys.BuildingBlocks;

/// <summary>Makes the ids of new rows and messages: UUIDs of version 7, so that newer ones come later.</summary>
public static class FreshId
{
    /// <summary>An id of now.</summary>
    public static Guid Make() => Simulated.FreshId?.Invoke() ?? Guid.CreateVersion7();

    /// <summary>An id of a time.</summary>
    public static Guid Make(DateTimeOffset at) => Simulated.FreshId?.Invoke() ?? Guid.CreateVersion7(at);
}
