namespace Journeys.Chaos.Plans;

/// <summary>One fault of a plan.</summary>
/// <param name="At">When it begins, from the start of the plan, unless the one before it in its lane takes longer than expected.</param>
/// <param name="Kind">What is done.</param>
/// <param name="Target">To what: a program, a replica such as `enrollment#1`, a queue, or `PostgreSQL`, `RabbitMQ` or `services`; empty where there is one.</param>
/// <param name="Lasts">How long until it is mended; a program that was killed then takes its time to start.</param>
public sealed record PlannedFault(TimeSpan At, FaultKind Kind, string Target, TimeSpan Lasts)
{
    public override string ToString() => FormattableString.Invariant($"{At.TotalSeconds,6:0.0} s  {Kind,-13} {Target,-24} {Lasts.TotalSeconds:0.0} s");
}
