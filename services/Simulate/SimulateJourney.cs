using System.Globalization;
using Google.Protobuf;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.PopulationSimulation;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Simulation.V1;

namespace Journeys.Simulate;

/// <summary>
/// Simulates a journey for an invented population, from files to files: no server, no key, no network.
/// </summary>
public static class SimulateJourney
{
    /// <summary>The exit code for an error in the files or the arguments.</summary>
    public const int BadInput = 2;

    /// <summary>The exit code for a failed assertion.</summary>
    public const int AssertionFailed = 4;

    const string Usage = """
        usage: simulate JOURNEY REQUEST [--baseline JOURNEY] [--report FILE] [--junit FILE] [--people FILE] [--threads N]

        Simulates a journey with a made-up population in virtual time, with the engine that runs live.

          JOURNEY      the journey, as `GET /api/journeys/{id}/export` returns it
          REQUEST      the population and its behavior: a SimulationRequest as JSON (docs/simulation.md)
          --baseline   another journey to compare with, for the same people with the same random choices
          --report     writes the report as JSON
          --junit      writes the assertions as JUnit XML
          --people     writes the timelines that were kept, one person a line, as JSON
          --threads    the number of threads; all processors by default. The report is the same with any number

        Exits with 0 if all assertions hold, with 4 if one does not, and with 2 if the files or the arguments are not valid.
        """;

    static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithIndentation());

    /// <summary>Runs the program.</summary>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter errors)
    {
        if (args.Any(arg => arg is "--help" or "-h"))
        {
            output.WriteLine(Usage);
            return 0;
        }

        try
        {
            return Simulate(Options.Read(args), output);
        }
        catch (BadInputException exception)
        {
            foreach (var fault in exception.Faults)
                errors.WriteLine($"simulate: {fault}");
            return BadInput;
        }
    }

    static int Simulate(Options options, TextWriter output)
    {
        var journey = ReadJourney(options.Journey);
        var baseline = options.Baseline is null ? null : ReadJourney(options.Baseline);
        var input = new SimulationInput(
            Guid.Empty,
            journey.Design ?? new(),
            baseline is null ? [.. journey.Audiences] : [.. journey.Audiences, .. OthersOf(journey, baseline, options.Baseline!)],
            Read<SimulationRequest>(options.Request),
            DateTimeOffset.UtcNow,
            baseline?.Design);
        if (SimulationCheck.FaultsOf(input) is { } unfit)
            throw new BadInputException([.. unfit.Problems.Select(problem => $"{problem.Field}: {problem.Message}")]);

        var result = Run(input, options);
        Write(options.Report, () => Formatter.Format(result.Report));
        Write(options.JUnit, () => JUnit.Write(input.Design.Name, result));
        Write(options.People, () => string.Join('\n', result.People.Select(person => JsonFormatter.Default.Format(person))));

        var design = result.Report.Design;
        output.WriteLine($"{Counted.Of(result.Report.People, "person", "people")}, {design.Entered} entered, {Counted.Of(design.Findings.Count, "finding")}, report {result.Digest}");
        foreach (var assertion in result.Report.Assertions)
            output.WriteLine($"{(assertion.Passed ? "holds" : "FAILS")}  {assertion.Message}");
        return result.Passed ? 0 : AssertionFailed;
    }

    static SimulationResult Run(SimulationInput input, Options options)
    {
        try
        {
            return Simulator.Run(input, options.Threads);
        }
        catch (SimulationTooLargeException exception)
        {
            throw new BadInputException($"{options.Request}: {exception.Message}");
        }
    }

    // The design and the baseline share their audiences, so a changed audience would hide its own effect.
    static IEnumerable<JourneyDocument.Types.Audience> OthersOf(JourneyDocument journey, JourneyDocument baseline, string path)
    {
        var own = journey.Audiences.ToLookup(audience => audience.Id);
        if (baseline.Audiences.FirstOrDefault(audience => own[audience.Id].Any(same => !same.Rule.Equals(audience.Rule))) is { } changed)
            throw new BadInputException($"{path}: audiences: {changed.Name} ({changed.Id}) has another rule than in JOURNEY; both must have the same.");
        return baseline.Audiences.Where(audience => !own.Contains(audience.Id));
    }

    static JourneyDocument ReadJourney(string path)
    {
        var document = Read<JourneyDocument>(path);
        return document.Format == DocumentFormat.Current ? document : throw new BadInputException($"{path}: format: must be {DocumentFormat.Current}.");
    }

    static T Read<T>(string path)
        where T : IMessage, new()
    {
        try
        {
            return JsonParser.Default.Parse<T>(File.ReadAllText(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A file that cannot be parsed also throws IOException, whose message names the field.
            throw new BadInputException($"{path}: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    static void Write(string? path, Func<string> content)
    {
        if (path is null)
            return;

        try
        {
            File.WriteAllText(path, content() + "\n");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: {exception.Message}");
        }
    }

    sealed record Options(string Journey, string Request, string? Baseline, string? Report, string? JUnit, string? People, int Threads)
    {
        static readonly string[] Known = ["--baseline", "--report", "--junit", "--people", "--threads"];

        public static Options Read(IReadOnlyList<string> args)
        {
            var files = new List<string>();
            var named = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < args.Count; i++)
            {
                if (!args[i].StartsWith('-'))
                    files.Add(args[i]);
                else if (!Known.Contains(args[i]))
                    throw new BadInputException($"{args[i]}: is not an option; --help names them.");
                else if (i + 1 == args.Count)
                    throw new BadInputException($"{args[i]}: needs a value.");
                else if (!named.TryAdd(args[i], args[++i]))
                    throw new BadInputException($"{args[i - 1]}: is given twice.");
            }

            if (files.Concat(named.Values).Any(string.IsNullOrWhiteSpace))
                throw new BadInputException("A file or a value is empty; --help says more.");
            if (files.Count != 2)
                throw new BadInputException("JOURNEY and REQUEST are needed, two files; --help says more.");

            var threads = Environment.ProcessorCount;
            if (named.TryGetValue("--threads", out var text) && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out threads) || threads is < 1 or > 256))
                throw new BadInputException("--threads: must be 1 to 256.");
            return new(
                files[0], files[1], named.GetValueOrDefault("--baseline"), named.GetValueOrDefault("--report"), named.GetValueOrDefault("--junit"),
                named.GetValueOrDefault("--people"), threads);
        }
    }

    sealed class BadInputException(params string[] faults) : Exception
    {
        public IReadOnlyList<string> Faults => faults;
    }
}
