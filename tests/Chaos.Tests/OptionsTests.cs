using Journeys.Chaos.Soak;

namespace Journeys.Chaos.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void What_is_run_can_be_run_again_by_the_command_it_prints()
    {
        var options = ChaosOptions.Read(["--seed", "3", "--minutes", "2.5"]);

        Assert.Equal("./tests/run --chaos 3 --minutes 2.5 --rate 80", options.Command);
    }

    [Fact]
    public void A_soak_can_be_run_again_by_the_command_it_prints()
    {
        var options = SoakOptions.Read(["--soak", "60", "--rate", "100"]);

        Assert.Equal("./tests/run --soak 60 --rate 100", options.Command);
        Assert.Equal((TimeSpan.FromMinutes(15), true), (options.WarmUp, options.IsLong));
    }

    [Theory]
    [InlineData()]
    [InlineData("--seed")]
    [InlineData("--seed", "x")]
    [InlineData("--seed", "1", "--minutes", "0")]
    [InlineData("--seed", "1", "--colour", "red")]
    public void A_mistake_is_told(params string[] args)
    {
        Assert.Throws<FormatException>(() => ChaosOptions.Read(args));
    }

    [Theory]
    [InlineData("--soak")]
    [InlineData("--soak", "0")]
    [InlineData("--soak", "1", "--rate", "2.5")]
    [InlineData("--soak", "1", "--seed", "2")]
    public void A_mistake_of_a_soak_is_told(params string[] args)
    {
        Assert.Throws<FormatException>(() => SoakOptions.Read(args));
    }
}
