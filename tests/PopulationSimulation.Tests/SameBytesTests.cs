using Google.Protobuf;

namespace Journeys.PopulationSimulation.Tests;

/// <summary>The same input gives the same bytes, however many threads there are.</summary>
public sealed class SameBytesTests
{
    const int Designs = 2_000;

    static readonly int[] Threads = [1, 2, 8];

    [Fact]
    public void Random_designs_give_the_same_bytes_with_1_2_and_8_threads_and_others_with_another_seed() => Parallel.For(0, Designs, number =>
    {
        var journeys = new RandomJourneys(number);
        var (design, request) = journeys.Make(people: 2);
        request.Horizon = new() { Seconds = 6 * 86_400 };
        var input = new SimulationInput(Make.JourneyId, design, [journeys.Audience], request, RandomJourneys.Start);

        var again = Threads.Select(threads => Make.Run(input, threads)).ToList();
        var once = again[0];
        var other = Make.Run(input with { Request = With(request, seed: 1_000_000) });

        Assert.All(again, result => Assert.Equal((number, once.Digest), (number, result.Digest)));
        Assert.All(again, result => Assert.Equal(once.People, result.People));
        Assert.NotEqual((number, once.Digest), (number, other.Digest));
        Assert.NotEqual(once.Report.InputDigest, other.Report.InputDigest);
    });

    // More than one block of people, so that threads really share them.
    [Fact]
    public void Many_people_give_the_same_bytes_with_1_2_and_8_threads()
    {
        var journeys = new RandomJourneys(7);
        var (design, request) = journeys.Make(people: 4_001);
        request.KeepTimelines = 50;
        var input = new SimulationInput(Make.JourneyId, design, [journeys.Audience], request, RandomJourneys.Start);

        var results = Threads.Select(threads => Make.Run(input, threads)).ToList();

        Assert.Equal(4_001, results[0].Report.People);
        Assert.Equal(50, results[0].People.Count);
        Assert.All(results, result => Assert.Equal(results[0].Report.ToByteString(), result.Report.ToByteString()));
        Assert.All(results, result => Assert.Equal(results[0].People, result.People));
    }

    static Protos.Simulation.V1.SimulationRequest With(Protos.Simulation.V1.SimulationRequest request, ulong seed)
    {
        var other = request.Clone();
        other.Seed = seed;
        return other;
    }
}
