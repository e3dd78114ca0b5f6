using Journeys.BuildingBlocks;

namespace Journeys.Simulations;

/// <summary>What time it is in the simulation. Only <see cref="World.MoveAsync"/> moves it, here and in the database.</summary>
sealed class SimulatedTime
{
    public DateTimeOffset Now { get; set; } = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
}

/// <summary>The clock of one machine, which may be ahead of the database's or behind it.</summary>
sealed class SimulatedClock(SimulatedTime time) : TimeProvider, IMachineClock
{
    /// <summary>How far this machine is ahead of the database.</summary>
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => time.Now + Ahead;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => time.Now.UtcTicks;
}
