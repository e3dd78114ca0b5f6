namespace Journeys.Engine.Tests;

/// <summary>A report that names its visit finishes that visit and no other.</summary>
public sealed class ReportedVisitTests
{
    static readonly CompiledJourney Loop = CompiledJourney.Compile(
        Make.JourneyId,
        new JourneyGraph(
            [new TriggerNode("start", new ManualTrigger()), new ContentNode("tip", "FLOW", "c"), new ExitNode("end", "done")],
            [new("in", "start", "tip"), new("again", "tip", "tip"), new("out", "tip", "end", "dismissed")]));

    [Fact]
    public void It_moves_the_visit_it_names_once()
    {
        var report = new Signal.Reported("tip", ContentOutcome.Completed, VisitNo: 2);

        var once = Make.Enter(Loop).Then(Loop, report);
        var twice = once.Then(Loop, report);

        Assert.Equal(3, once.Progress.VisitNo);
        Assert.Same(once.Progress, twice.Progress);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void One_of_another_visit_changes_nothing(int visitNo)
    {
        var entered = Make.Enter(Loop);

        Assert.Same(entered.Progress, entered.Then(Loop, new Signal.Reported("tip", ContentOutcome.Dismissed, VisitNo: visitNo)).Progress);
    }

    [Fact]
    public void One_without_a_visit_is_about_the_present_one()
    {
        var report = new Signal.Reported("tip", ContentOutcome.Completed);

        Assert.Equal(4, Make.Enter(Loop).Then(Loop, report).Then(Loop, report).Progress.VisitNo);
    }
}
