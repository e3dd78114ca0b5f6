using System.Globalization;

namespace Journeys.Chaos;

/// <summary>The arguments of a program: options that each have a value.</summary>
sealed class Arguments
{
    readonly Dictionary<string, string> given = [];

    /// <summary>Reads them.</summary>
    /// <exception cref="FormatException">An option has no value, or is none of the known ones.</exception>
    public Arguments(IReadOnlyList<string> args, params IEnumerable<string> known)
    {
        for (var at = 0; at < args.Count; at += 2)
            given[args[at]] = at + 1 < args.Count ? args[at + 1] : throw new FormatException($"{args[at]} needs a value.");
        if (given.Keys.Except(known).FirstOrDefault() is { } unknown)
            throw new FormatException($"{unknown} is not a valid option.");
    }

    public string? Text(string name) => given.GetValueOrDefault(name);

    public int Whole(string name, int? fallback, int least, int most) =>
        Number(name, fallback, least, most) is var number && number == Math.Floor(number) ? (int)number
        : throw new FormatException($"{name} must be a whole number.");

    public double Number(string name, double? fallback, double least, double most) =>
        !given.TryGetValue(name, out var text) ? fallback ?? throw new FormatException($"{name} is missing.")
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw new FormatException($"{name} must be a number from {least} to {most}.");
}
