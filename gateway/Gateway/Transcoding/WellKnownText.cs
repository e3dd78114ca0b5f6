using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Journeys.Gateways;

/// <summary>Times and durations as JSON writes them.</summary>
static partial class WellKnownText
{
    /// <exception cref="FormatException">It is none; the message says what it must be.</exception>
    public static IMessage Parse(string text, MessageShape shape) =>
        shape.FullName == "google.protobuf.Duration" ? ParseDuration(text) : ParseTime(text);

    static Duration ParseDuration(string text) =>
        DurationForm().IsMatch(text) ? Parse<Duration>(text, "must be a duration of at most 10,000 years.") : throw new FormatException("must be a duration such as \"3600s\".");

    static Timestamp ParseTime(string text) =>
        TimeForm().IsMatch(text) ? Parse<Timestamp>(text, "is no time of the calendar.") : throw new FormatException("must be a time such as \"2026-01-31T09:00:00Z\".");

    // The forms have no quote and no backslash, so the text can be put between quotes as it is.
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

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex TimeForm();
}
