using System.Text.Json;
using Journeys.Engine;

namespace Journeys.Enrollments.Analytics;

/// <summary>A question as the payload of content asks it.</summary>
public sealed record SurveyQuestion(string Id, string Label, string Type)
{
    /// <summary>Whether people net the promoters out of its numbers.</summary>
    public bool IsNps => Type == "nps";

    /// <summary>The lowest number that answers it; null where any number does.</summary>
    public int? Least => Type switch { "nps" => 0, "rating" => 1, _ => null };

    /// <summary>The highest one. What a rating's own `max` is differs from version to version.</summary>
    public int? Most => Least is null ? null : 10;

    /// <summary>Whether it is answered in people's own words. The SDK takes an unknown type for text, too.</summary>
    public bool IsText => Type is not ("nps" or "rating" or "single" or "multiple");
}

/// <summary>Reads the questions of content. A payload is free-form: what is no question is passed over.</summary>
public static class SurveyQuestions
{
    /// <summary>In the order in which they are asked; one without an id has that of its place, as in the SDK.</summary>
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
