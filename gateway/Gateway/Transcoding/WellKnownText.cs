using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.Gateways.Routing;

namespace Journeys.Gateways.Transcoding;

/// <summary>Parses times and durations in JSON.</summary>
static partial class WellKnownText
{
    // The last second of the year 9999, where timestamps end.
    const long LastSecond = 253_402_300_799;

    /// <exception cref="FormatException">The text is not valid; the message says what it must be.</exception>
    public static IMessage Parse(string text, MessageShape shape) =>
        shape.FullName == "google.protobuf.Duration" ? ParseDuration(text) : ParseTime(text);

    static Duration ParseDuration(string text) =>
        DurationForm().IsMatch(text) ? Parse<Duration>(text, "must be a duration of at most 10,000 years.") : throw new FormatException("must be a duration such as \"3600s\".");

    // Accepts every RFC 3339 time. The protobuf parser refuses lower-case letters, more than nanoseconds, second 60 and
    // the unknown offset.
    static Timestamp ParseTime(string text)
    {
        if (TimeForm().Match(text) is not { Success: true } match)
            throw new FormatException("must be a time such as \"2026-01-31T09:00:00Z\".");

        const string problem = "is not a valid date and time.";
        var isLeap = match.Groups["second"].Value == "60";
        var fraction = match.Groups["fraction"].Value;
        var offset = match.Groups["offset"].Value is "z" or "-00:00" ? "Z" : match.Groups["offset"].Value;
        var time = Parse<Timestamp>(
            $"{match.Groups["day"]}T{match.Groups["minute"]}:{(isLeap ? "59" : match.Groups["second"].Value)}{fraction[..Math.Min(fraction.Length, 10)]}{offset}", problem);
        if (isLeap && ++time.Seconds > LastSecond)
            throw new FormatException(problem);
        return time;
    }

    // The accepted forms contain no quotes or backslashes, so the text can be quoted without escapes.
    static T Parse<T>(string text, string problem)
        where T : IMessage, new()
    {
        try
        {
            return JsonParser.Default.Parse<T>($"\"{text}\"");
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or ArgumentException or OverflowException)
        {
            throw new FormatException(problem, exception);
        }
    }

    [GeneratedRegex(@"^-?[0-9]{1,12}(\.[0-9]{1,9})?s\z")]
    private static partial Regex DurationForm();

    [GeneratedRegex(
        @"^(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?<minute>[0-9]{2}:[0-9]{2}):(?<second>[0-9]{2})(?<fraction>\.[0-9]+)?(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex TimeForm();
}
