using System.Globalization;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Proto = Journeys.Protos.Enrollment.V1.ResponseSummary;

namespace Journeys.Enrollments.Analytics;

/// <summary>Summarizes the answers at a node, question by question.</summary>
public sealed class SummarizeResponses(ResponseQueries queries, JourneyCatalog catalog)
{
    const int Most = 10_000;
    const int MostQuestions = 100;
    const int MostVersions = 20;

    static readonly AnswerLimits Limits = new(UnknownQuestions: 20, OfAResponse: 50, Values: 50);

    public async Task<Proto> HandleAsync(ResponseFilter filter, CancellationToken ct)
    {
        // Reads one more than the maximum, which shows whether there are more.
        var counts = await queries.CountAsync(filter, Most + 1, ct);
        if (counts.Count == 0)
            return new();

        var asked = await QuestionsAsync(filter, counts.Select(count => count.Version).Reverse(), ct);
        var (sums, values) = await queries.AddUpAsync(filter, asked, Most, Limits, ct);
        var sumsByQuestion = sums.ToLookup(sum => sum.Question, StringComparer.Ordinal);
        var valuesByQuestion = values.ToLookup(value => value.Question, StringComparer.Ordinal);
        var unknown = sumsByQuestion.Select(sum => sum.Key).Except(asked.Select(question => question.Id)).Order(StringComparer.Ordinal);

        var responses = counts.Sum(count => count.Count);
        return new()
        {
            Responses = Math.Min(responses, Most),
            HasMore = responses > Most,
            Questions =
            {
                asked.Concat(unknown.Select(id => new SurveyQuestion(id, "", "")))
                    .Select(question => ToProto(question, [.. sumsByQuestion[question.Id]], [.. valuesByQuestion[question.Id]])),
            },
        };
    }

    // Returns the questions of the newest version in its order, then those that only older versions have.
    async Task<IReadOnlyList<SurveyQuestion>> QuestionsAsync(ResponseFilter filter, IEnumerable<int> versions, CancellationToken ct)
    {
        var questions = new List<SurveyQuestion>();
        foreach (var version in versions.Take(MostVersions))
        {
            var (compiled, _) = await catalog.VersionAsync(filter.SiteId, filter.JourneyId, version, ct);
            questions.AddRange(SurveyQuestions.Of(compiled.Find(filter.NodeId) as ContentNode));
        }

        return [.. questions.DistinctBy(question => question.Id, StringComparer.Ordinal).Take(MostQuestions)];
    }

    static Proto.Types.Question ToProto(SurveyQuestion question, IReadOnlyList<AnswerSum> sums, IReadOnlyList<AnswerCount> values)
    {
        var all = sums.FirstOrDefault(sum => sum is { Version: null, Day: null }) ?? new();
        return new()
        {
            Id = question.Id,
            Label = question.Label,
            Type = question.Type,
            Answered = all.Answered,
            Values =
            {
                values.OrderBy(value => value.IsNumber ? double.Parse(value.Value, CultureInfo.InvariantCulture) : double.MaxValue)
                    .ThenByDescending(value => value.Given).ThenBy(value => value.Value, StringComparer.Ordinal)
                    .Select(value => new Proto.Types.Value { Value_ = value.Value, Count = value.Given }),
            },
            Other = all.Given - values.Sum(value => value.Given),
            Scale = Scale(question, all),
            Days =
            {
                sums.Where(sum => sum.Day is not null).OrderBy(sum => sum.Day).TakeLast(CountEnrollments.MaxDays)
                    .Select(sum => Part(question, sum, $"{sum.Day:yyyy-MM-dd}", 0)),
            },
            Versions = { sums.Where(sum => sum.Version is not null).OrderBy(sum => sum.Version).Select(sum => Part(question, sum, "", sum.Version!.Value)) },
        };
    }

    static Proto.Types.Part Part(SurveyQuestion question, AnswerSum sum, string date, int version) => new()
    {
        Date = date,
        Version = version,
        Answered = sum.Answered,
        Scale = Scale(question, sum),
    };

    static Proto.Types.Scale? Scale(SurveyQuestion question, AnswerSum sum)
    {
        if (sum.Average is not { } average)
            return null;

        return question.IsNps
            ? new()
            {
                Average = average,
                Promoters = sum.Promoters,
                Passives = sum.Numbers - sum.Promoters - sum.Detractors,
                Detractors = sum.Detractors,
                Nps = 100.0 * (sum.Promoters - sum.Detractors) / sum.Numbers,
            }
            : new() { Average = average };
    }
}
