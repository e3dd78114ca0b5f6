using Journeys.Chaos.Plans;

namespace Journeys.Chaos.Tests;

public sealed class FaultPlanTests
{
    static readonly TimeSpan Duration = TimeSpan.FromMinutes(10);

    [Fact]
    public void The_same_seed_makes_the_same_plan()
    {
        Assert.Equal(FaultPlan.Create(7, Duration).Faults, FaultPlan.Create(7, Duration).Faults);
    }

    [Fact]
    public void Another_seed_makes_another_plan()
    {
        Assert.NotEqual(FaultPlan.Create(7, Duration).Faults, FaultPlan.Create(8, Duration).Faults);
    }

    [Fact]
    public void Every_kind_of_fault_hits_everything_it_can_in_the_short_run()
    {
        var plan = FaultPlan.Create(ShortRunTests.Seed, ShortRunTests.Duration).Faults.ToList();

        Assert.Equal(Enum.GetValues<FaultKind>(), plan.Select(fault => fault.Kind).Distinct().Order());
        foreach (var kind in (FaultKind[])[FaultKind.Kill, FaultKind.Freeze])
            Assert.Equal(FaultPlan.Programs.Order(), plan.Where(fault => fault.Kind == kind).Select(fault => fault.Target.Split('#')[0]).Distinct().Order());
        Assert.Equal(FaultPlan.Programs.Order(), plan.Where(fault => fault.Kind == FaultKind.KillAll).Select(fault => fault.Target).Distinct().Order());
        foreach (var kind in (FaultKind[])[FaultKind.Cut, FaultKind.Stall])
            Assert.Equal(["PostgreSQL", "RabbitMQ", "services"], plan.Where(fault => fault.Kind == kind).Select(fault => fault.Target).Distinct().Order());
    }

    [Fact]
    public void Whoever_is_frozen_is_frozen_for_longer_than_the_lease_of_the_outbox()
    {
        var plan = FaultPlan.Create(7, Duration);

        foreach (var kind in (FaultKind[])[FaultKind.Freeze, FaultKind.FreezeBroker, FaultKind.FreezeDatabase])
            Assert.Contains(plan.Faults, fault => fault.Kind == kind);
        Assert.All(
            plan.Faults.Where(fault => fault.Kind is FaultKind.Freeze or FaultKind.FreezeBroker or FaultKind.FreezeDatabase),
            fault => Assert.True(fault.Lasts > TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public void All_of_a_plan_ends_in_time_and_each_lane_is_in_order()
    {
        foreach (var lane in FaultPlan.Create(7, Duration).Lanes)
        {
            Assert.All(lane, fault => Assert.InRange(fault.At + fault.Lasts, TimeSpan.Zero, Duration));
            Assert.All(lane.Zip(lane.Skip(1)), pair => Assert.True(pair.First.At + pair.First.Lasts < pair.Second.At));
        }
    }
}
