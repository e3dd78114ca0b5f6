using System.Text.Json;
using Journeys.Engine;

namespace Journeys.Enrollments.Analytics;

/// <summary>A question from the payload of content.</summary>
public sealed record SurveyQuestion(string Id, string Label, string Type)
{
    /// <summary>Whether its score is the share of promoters minus the share of detractors.</summary>
    public bool IsNps => Type == "nps";

    /// <summary>The lowest number that is a valid answer; null if any number is.</summary>
    public int? Least => Type switch { "nps" => 0, "rating" => 1, _ => null };

    /// <summary>
    /// The highest number that is a valid answer. The same for all ratings, because a rating's own `max` may differ
    /// between versions.
    /// </summary>
    public int? Most => Least is null ? null : 10;

    /// <summary>Whether it is answered with free text. The SDK treats unknown types as text, too.</summary>
    public bool IsText => Type is not ("nps" or "rating" or "single" or "multiple");
}

/// <summary>
/// Reads the questions of content. A payload is free-form, so anything that is not a question is skipped.
/// </summary>
public static class SurveyQuestions
{
    /// <summary>
    /// Returns the questions in their order. A question without an id gets one from its position, as in the SDK.
    /// </summary>
    public static IReadOnlyList<SurveyQuestion> Of(ContentNode? content)
    {
        if (content is null || content.Payload.ValueKind != JsonValueKind.Object
            || !content.Payload.TryGetProperty("questions", out var questions) || questions.ValueKind != JsonValueKind.Array)
            return [];

        return [.. questions.EnumerateArray()
            .Where(question => question.ValueKind == JsonValueKind.Object)
            .Select((question, index) => new SurveyQuestion(Text(question, "id") is { Length: > 0 } id ? id : $"q{index + 1}", Text(question, "label"), Text(question, "type")))
            .DistinctBy(question => question.Id, StringComparer.Ordinal)];
    }

    static string Text(JsonElement question, string name) =>
        question.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
