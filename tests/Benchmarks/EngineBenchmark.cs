using BenchmarkDotNet.Attributes;
using Journeys.Engine;

namespace Journeys.Benchmarks;

/// <summary>What one transition costs.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class EngineBenchmark
{
    static readonly DateTimeOffset Now = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    static readonly CompiledJourney Journey = CompiledJourney.Compile(
        Guid.Empty,
        new JourneyGraph(
            [
                new TriggerNode("start", new ManualTrigger()), new WaitNode("wait", new DurationWait(TimeSpan.FromDays(1))),
                new ContentNode("show", "FLOW", "c"), new ExitNode("end", "done"),
            ],
            [new("e1", "start", "wait"), new("e2", "wait", "show"), new("e3", "show", "end")]));

    static readonly Person Person = new() { UserId = "u1", FirstId = "u1" };
    static readonly Progress Waiting = JourneyEngine.Advance(Journey, new Progress { EnteredAt = Now }, new Signal.Entered(null, "api"), Person, Now).Progress;

    /// <summary>A wait ends.</summary>
    [Benchmark]
    public Transition TimerElapsed() => JourneyEngine.Advance(Journey, Waiting, new Signal.TimerElapsed(2), Person, Now.AddDays(1));

    /// <summary>A stale timer.</summary>
    [Benchmark]
    public Transition StaleTimer() => JourneyEngine.Advance(Journey, Waiting, new Signal.TimerElapsed(1), Person, Now);
}
