using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>The result of a simulation.</summary>
/// <param name="Report">The report.</param>
/// <param name="People">The timelines that were kept, by the numbers of the people.</param>
public sealed record SimulationResult(Proto.SimulationReport Report, IReadOnlyList<Proto.SimulatedPerson> People)
{
    /// <summary>SHA-256 of the report's bytes, in hexadecimal.</summary>
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Report.ToByteArray()));

    /// <summary>Whether every assertion holds.</summary>
    public bool Passed => Report.Assertions.All(assertion => assertion.Passed);
}

/// <summary>
/// Stores timelines as bytes and parses each on access, because parsed timelines can take many times the memory.
/// </summary>
sealed class StoredTimelines(IReadOnlyList<byte[]> stored) : IReadOnlyList<Proto.SimulatedPerson>
{
    public int Count => stored.Count;

    public Proto.SimulatedPerson this[int index] => Proto.SimulatedPerson.Parser.ParseFrom(stored[index]);

    public IEnumerator<Proto.SimulatedPerson> GetEnumerator() => stored.Select(Proto.SimulatedPerson.Parser.ParseFrom).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Simulates people in a journey in virtual time, with the same engine that runs live.</summary>
/// <remarks>
/// Pure: no clock, no I/O. People are independent of each other, so any number of threads can process blocks of people;
/// the sum of their counts is the same.
/// </remarks>
public static class Simulator
{
    const int Block = 2_000;
    const int OfEach = 3;
    const int MostTimelineBytes = 1_048_576;
    const int MostBytesOfAllTimelines = 64 * 1_048_576;
    static readonly ulong KeepStream = Luck.Stream("keep");

    /// <summary>Runs a simulation in which <see cref="SimulationCheck"/> found no problem.</summary>
    /// <param name="input">The input of the simulation.</param>
    /// <param name="threads">The number of threads.</param>
    /// <param name="progress">Receives the number of finished people, from any thread; null for no progress.</param>
    /// <param name="ct">Cancels the simulation.</param>
    public static SimulationResult Run(SimulationInput input, int threads = 1, Action<int>? progress = null, CancellationToken ct = default)
    {
        var people = new Invented(input.Request.Population.Invented, input.Seed, input.Start);
        TriedDesign[] designs = input.Baseline is null
            ? [new(input, input.Design)]
            : [new(input, input.Design), new(input, input.Baseline)];
        var parts = RunAll(input, people, designs, threads, progress, ct);
        var whole = parts[0];
        foreach (var part in parts.Skip(1))
            whole.Add(part);

        var fingerprint = whole.Fingerprint.ToString("x16", CultureInfo.InvariantCulture);
        var comparison = input.Baseline is null ? null : whole.Changes.ToProto();
        var findings = new Findings(input, designs[0], whole.Tallies[0]).All();
        var assertions = new Assertions(designs[0], whole.Tallies[0], findings, comparison);
        var writer = new ReportWriter(input, designs[0], whole.Tallies[0]);
        var report = new Proto.SimulationReport
        {
            InputDigest = input.Digest(fingerprint),
            EngineVersion = SimulationInput.EngineVersion,
            ZonesVersion = Engine.Calendar.Version,
            PopulationFingerprint = fingerprint,
            Seed = input.Seed,
            StartTime = input.Start.ToTimestamp(),
            Horizon = input.Horizon.ToDuration(),
            People = people.Count,
            Design = writer.Write(findings),
            Baseline = input.Baseline is null
                ? null
                : new ReportWriter(input, designs[1], whole.Tallies[1]).Write(new Findings(input, designs[1], whole.Tallies[1]).All()),
            Comparison = comparison,
            Assertions = { input.Request.Assertions.Select(assertions.Check) },
            ModelSources = { writer.Sources() },
        };
        if (findings.Any(finding => finding.Code == "TOO_BUSY"))
            report.Approximations.Add($"Events and trait changes after the first {PersonRun.MostEvents} were left out for some people.");
        return new(report, Keep(input, people, designs[0], whole.Tallies[0], [.. findings.SelectMany(finding => finding.People), .. comparison?.People ?? []], ct));
    }

    static List<Part> RunAll(SimulationInput input, Invented people, TriedDesign[] designs, int threads, Action<int>? progress, CancellationToken ct)
    {
        var (next, done) = (0, 0);
        var parts = Enumerable.Range(0, Math.Max(1, threads)).Select(_ => new Part(input, designs)).ToList();
        Exception? failure = null;
        void Work(Part part)
        {
            try
            {
                while (Interlocked.Add(ref next, Block) - Block is var from && from < people.Count && failure is null)
                {
                    var until = Math.Min(from + Block, people.Count);
                    for (var i = from; i < until; i++)
                    {
                        part.Run(people.Make(i), ct);
                        progress?.Invoke(Interlocked.Increment(ref done));
                    }
                }
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        }

        // The priority is lower than that of threads that serve calls.
        var workers = parts.Skip(1).Select(part => new Thread(() => Work(part)) { IsBackground = true, Priority = ThreadPriority.BelowNormal }).ToList();
        workers.ForEach(worker => worker.Start());
        Work(parts[0]);
        workers.ForEach(worker => worker.Join());
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        return parts;
    }

    // Keeps three people of every ending and the people whom the report names; the rest are chosen at random. They are
    // simulated again, with the same result.
    static StoredTimelines Keep(SimulationInput input, Invented people, TriedDesign design, Tally tally, IReadOnlyList<int> named, CancellationToken ct)
    {
        var rest = new PriorityQueue<int, ulong>(Comparer<ulong>.Create((one, other) => other.CompareTo(one)));
        for (var i = 0; i < people.Count && input.KeepTimelines > 0; i++)
        {
            var chance = new Luck(input.Seed, i).Draw(KeepStream);
            if (rest.Count < input.KeepTimelines)
                rest.Enqueue(i, chance);
            else
                rest.EnqueueDequeue(i, chance);
        }

        var kept = tally.Endings.Values.SelectMany(ending => ending.People.People.Take(OfEach))
            .Concat(named)
            .Concat(rest.UnorderedItems.OrderBy(item => item.Priority).Select(item => item.Element))
            .Distinct()
            .Take(input.KeepTimelines)
            .Order();
        var run = new PersonRun(design, input, new Tally(design));
        var timelines = new List<byte[]>();
        foreach (var index in kept)
        {
            var someone = people.Make(index);
            var timeline = new Timeline(someone, Math.Min(MostTimelineBytes, MostBytesOfAllTimelines / input.KeepTimelines));
            run.Run(someone, timeline, ct);
            timelines.Add(timeline.Person.ToByteArray());
        }

        return new(timelines);
    }

    // The counts of one thread.
    sealed class Part(SimulationInput input, TriedDesign[] designs)
    {
        readonly PersonRun[] runs = new PersonRun[designs.Length];

        public Tally[] Tallies { get; } = [.. designs.Select(design => new Tally(design))];

        public Changes Changes { get; } = new();

        public ulong Fingerprint { get; private set; }

        public void Run(Someone someone, CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            Fingerprint += someone.Print;
            var result = RunOf(0).Run(someone, ct: ct);
            if (designs.Length > 1)
                Changes.Add(someone.Index, RunOf(1).Run(someone, ct: ct), result);
        }

        public void Add(Part other)
        {
            Fingerprint += other.Fingerprint;
            Changes.Add(other.Changes);
            for (var i = 0; i < Tallies.Length; i++)
                Tallies[i].Add(other.Tallies[i]);
        }

        PersonRun RunOf(int design) => runs[design] ??= new(designs[design], input, Tallies[design]);
    }
}
