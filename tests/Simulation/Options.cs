using System.Globalization;

namespace Journeys.Simulations;

/// <summary>What the program is asked to do.</summary>
sealed record Options
{
    public const string Usage = """
        --seed N            runs one seed, behind those that share its tables, and prints what happened
        --from N --count M  runs M seeds from N on and prints what happened in those that fail
        --digests           prints a digest of each seed's trace
        --defects           plants every known defect, and says which seed finds it
        --report FILE       writes what the seeds showed, for tests/report.mjs
        """;

    public int From { get; init; } = 1;

    public int Count { get; init; } = 100;

    /// <summary>The seed whose trace is printed; 0 for none.</summary>
    public int Told { get; init; }

    public bool Digests { get; init; }

    public bool Defects { get; init; }

    /// <summary>The file for what the seeds showed; null for none.</summary>
    public string? Report { get; init; }

    public IEnumerable<int> Seeds => Enumerable.Range(From, Count);

    /// <summary>Reads the arguments; null when they cannot be read.</summary>
    public static Options? Read(string[] args)
    {
        var options = new Options();
        for (var i = 0; i < args.Length; i++)
        {
            int? Number() => ++i < args.Length && int.TryParse(args[i], CultureInfo.InvariantCulture, out var number) ? number : null;
            switch (args[i])
            {
                case "--digests":
                    options = options with { Digests = true };
                    break;
                case "--defects":
                    options = options with { Defects = true };
                    break;
                case "--seed" when Number() is { } seed:
                    var first = seed - ((seed - 1) % Simulation.Together);
                    options = options with { From = first, Count = seed - first + 1, Told = seed };
                    break;
                case "--from" when Number() is { } from:
                    options = options with { From = from };
                    break;
                case "--count" when Number() is { } count:
                    options = options with { Count = count };
                    break;
                case "--report" when ++i < args.Length:
                    options = options with { Report = args[i] };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
