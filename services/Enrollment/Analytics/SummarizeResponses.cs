using System.Globalization;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Proto = Journeys.Protos.Enrollment.V1.ResponseSummary;

namespace Journeys.Enrollments.Analytics;

/// <summary>Adds up what people answered at a node, question by question.</summary>
public sealed class SummarizeResponses(ResponseQueries queries, JourneyCatalog catalog)
{
    const int Most = 10_000;
    const int MaxValues = 50;
    const int MaxDays = 400;

    public async Task<Proto> HandleAsync(ResponseFilter filter, CancellationToken ct)
    {
        // One more than are added up tells whether there are more.
        var counts = await queries.CountAsync(filter, Most + 1, ct);
        if (counts.Count == 0)
            return new();

        var (compiled, _) = await catalog.VersionAsync(filter.SiteId, filter.JourneyId, counts[^1].Version, ct);
        var questions = SurveyQuestions.Of(compiled.Find(filter.NodeId) as ContentNode);
        var texts = questions.Where(question => question.IsText).Select(question => question.Id).ToArray();
        var answers = (await queries.AddUpAsync(filter, texts, Most, ct)).ToLookup(answer => answer.Question, StringComparer.Ordinal);
        var unknown = answers.Select(answer => answer.Key).Except(questions.Select(question => question.Id)).Order(StringComparer.Ordinal);

        var responses = counts.Sum(count => count.Count);
        return new()
        {
            Responses = Math.Min(responses, Most),
            HasMore = responses > Most,
            Questions = { questions.Concat(unknown.Select(id => new SurveyQuestion(id, "", ""))).Select(question => AddUp(question, [.. answers[question.Id]])) },
        };
    }

    static Proto.Types.Question AddUp(SurveyQuestion question, IReadOnlyList<AnswerRow> answers)
    {
        var values = answers.Where(answer => answer.Value.Length > 0)
            .GroupBy(answer => (answer.Value, answer.IsNumber))
            .Select(value => (value.Key.Value, Number: value.Key.IsNumber ? Number(value.Key.Value) : double.MaxValue, Count: value.Sum(answer => answer.Given)))
            .OrderBy(value => value.Number).ThenByDescending(value => value.Count).ThenBy(value => value.Value, StringComparer.Ordinal)
            .ToList();
        return new()
        {
            Id = question.Id,
            Label = question.Label,
            Type = question.Type,
            Answered = answers.Sum(answer => answer.Answered),
            Values = { values.Take(MaxValues).Select(value => new Proto.Types.Value { Value_ = value.Value, Count = value.Count }) },
            Other = values.Skip(MaxValues).Sum(value => value.Count),
            Scale = Scale(question, answers),
            Days =
            {
                answers.GroupBy(answer => answer.Day).OrderBy(day => day.Key).TakeLast(MaxDays)
                    .Select(day => Part(question, [.. day], day.Key.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), 0)),
            },
            Versions = { answers.GroupBy(answer => answer.Version).OrderBy(version => version.Key).Select(version => Part(question, [.. version], "", version.Key)) },
        };
    }

    static Proto.Types.Part Part(SurveyQuestion question, IReadOnlyList<AnswerRow> answers, string date, int version) => new()
    {
        Date = date,
        Version = version,
        Answered = answers.Sum(answer => answer.Answered),
        Scale = Scale(question, answers),
    };

    static Proto.Types.Scale? Scale(SurveyQuestion question, IReadOnlyList<AnswerRow> answers)
    {
        var numbers = answers.Where(answer => answer is { IsNumber: true, Value.Length: > 0 }).Select(answer => (Value: Number(answer.Value), answer.Given)).ToList();
        var all = numbers.Sum(number => number.Given);
        if (all == 0)
            return null;

        var scale = new Proto.Types.Scale { Average = numbers.Sum(number => number.Value * number.Given) / all };
        if (question.IsNps)
        {
            scale.Promoters = numbers.Where(number => number.Value >= 9).Sum(number => number.Given);
            scale.Detractors = numbers.Where(number => number.Value < 7).Sum(number => number.Given);
            scale.Passives = all - scale.Promoters - scale.Detractors;
            scale.Nps = 100.0 * (scale.Promoters - scale.Detractors) / all;
        }

        return scale;
    }

    static double Number(string value) => double.Parse(value, CultureInfo.InvariantCulture);
}
