using Journeys.BuildingBlocks.Failures;

namespace Journeys.BuildingBlocks.Tests;

public sealed class StackTraceTests
{
    [Fact]
    public void Of_faults_that_come_together_one_is_logged_with_its_stack()
    {
        var stacks = new StackTraces();
        var logged = 0;

        Parallel.For(0, 1_000, _ =>
        {
            if (stacks.WhenDue(new TimeoutException()) is not null)
                Interlocked.Increment(ref logged);
        });

        Assert.Equal(1, logged);
    }
}
