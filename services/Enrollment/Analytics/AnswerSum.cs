namespace Journeys.Enrollments.Analytics;

/// <summary>Limits for summing up answers.</summary>
/// <param name="UnknownQuestions">The maximum number of questions that no payload has, the most answered ones.</param>
/// <param name="OfAResponse">The maximum number of answers of one response to one question.</param>
/// <param name="Values">The maximum number of different answers of each question, the most frequent ones.</param>
public sealed record AnswerLimits(int UnknownQuestions, int OfAResponse, int Values);

/// <summary>The number of responses of a version.</summary>
public sealed record ResponseCount(int Version, int Count);

/// <summary>The sums of the answers to a question: of all, of one version or of one day.</summary>
public sealed record AnswerSum
{
    public string Question { get; init; } = "";
    public int? Version { get; init; }
    public DateOnly? Day { get; init; }

    /// <summary>The number of people who answered. Of several answers in one response, only the first counts.</summary>
    public int Answered { get; init; }

    /// <summary>The number of answers that are not free text.</summary>
    public int Given { get; init; }

    /// <summary>The number of numeric answers that the question allows.</summary>
    public int Numbers { get; init; }

    public double? Average { get; init; }
    public int Promoters { get; init; }
    public int Detractors { get; init; }
}

/// <summary>The number of times that an answer was given to a question.</summary>
public sealed record AnswerCount
{
    public string Question { get; init; } = "";
    public string Value { get; init; } = "";
    public bool IsNumber { get; init; }
    public int Given { get; init; }
}
