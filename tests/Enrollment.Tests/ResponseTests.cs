using Dapper;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.Enrollments.Analytics;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Outcome = Journeys.Protos.Enrollment.V1.ReportProgressRequest.Types.Outcome;

namespace Journeys.Enrollments.Tests;

/// <summary>What people answered can be read: one by one, added up, and in each person's history.</summary>
public sealed class ResponseTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Survey = """
        {"id": "ask", "content": {"contentType": "SURVEY", "contentId": "ask", "payload": {"questions": [
            {"id": "nps", "type": "nps", "label": "How likely?"}, {"id": "liked", "type": "multiple"}, {"id": "why", "type": "text", "label": "Why?"}]}}}
        """;

    readonly TestSite site = service.NewSite();
    Guid journey;

    [Fact]
    public async Task Answers_are_listed_newest_first_with_who_gave_them()
    {
        await PublishAsync();
        await AnswerAsync("u1", """{"nps": 9, "why": "=1+1"}""");
        await site.PassAsync(TimeSpan.FromSeconds(1));
        await AnswerAsync("visitor-2", """{"nps": 3}""", Outcome.Skipped);
        await AnswerAsync("u3", "{}");

        var responses = (await site.Enrollments.ListResponsesAsync(Of("ask"))).Responses;

        Assert.Equal([("", "visitor-2", "SKIPPED"), ("u1", "", "COMPLETED")], responses.Select(each => (each.UserId, each.AnonymousId, each.Outcome)));
        Assert.Equal(JsonParser.Default.Parse<Struct>("""{"nps": 9, "why": "=1+1"}"""), responses[1].Answers);
        Assert.Equal((1, 2), (responses[1].Version, responses[1].VisitNo));
        Assert.Empty((await site.Enrollments.ListResponsesAsync(Of("start"))).Responses);
    }

    [Fact]
    public async Task Pages_miss_nobody_who_answered_at_the_same_time()
    {
        await PublishAsync();
        for (var i = 0; i < 7; i++)
            await AnswerAsync($"u{i}", """{"nps": 1}""");
        var asked = Of("ask");
        asked.PageSize = 3;
        var people = new List<string>();
        do
        {
            var page = await site.Enrollments.ListResponsesAsync(asked);
            people.AddRange(page.Responses.Select(response => response.UserId));
            asked.PageToken = page.NextPageToken;
        }
        while (asked.PageToken.Length > 0);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"u{i}"), people.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Answers_are_added_up_by_question_day_and_version()
    {
        await PublishAsync();
        foreach (var (person, answers) in new[]
        {
            ("u1", """{"nps": 10, "liked": ["price", "speed"], "why": "Fast"}"""), ("u2", """{"nps": 9, "liked": ["speed"]}"""),
            ("u3", """{"nps": 8, "extra": "x"}"""), ("u4", """{"nps": 0, "why": "Slow"}"""),
        })
            await AnswerAsync(person, answers);
        var day = service.Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        await PublishAsync(journey);
        await AnswerAsync("u5", """{"nps": 6}""");

        var summary = await SummarizeAsync();

        Assert.Equal((5, false), (summary.Responses, summary.HasMore));
        Assert.Equal([("nps", "How likely?", 5), ("liked", "", 2), ("why", "Why?", 2), ("extra", "", 1)], summary.Questions.Select(each => (each.Id, each.Label, each.Answered)));
        var nps = summary.Questions[0];
        Assert.Equal((2, 1, 2, 0.0, 6.6), (nps.Scale.Promoters, nps.Scale.Passives, nps.Scale.Detractors, nps.Scale.Nps, nps.Scale.Average));
        Assert.Equal([("0", 1), ("6", 1), ("8", 1), ("9", 1), ("10", 1)], nps.Values.Select(each => (each.Value_, each.Count)));
        Assert.Equal([(day, 5)], nps.Days.Select(each => (each.Date, each.Answered)));
        Assert.Equal([(1, 4, 25.0), (2, 1, -100.0)], nps.Versions.Select(each => (each.Version, each.Answered, each.Scale.Nps)));
        Assert.Equal([("speed", 2), ("price", 1)], summary.Questions[1].Values.Select(each => (each.Value_, each.Count)));
        Assert.Empty(summary.Questions[2].Values);
        Assert.Equal(1, (await SummarizeAsync(version: 2)).Responses);
        Assert.Equal(0, (await SummarizeAsync(from: service.Clock.GetUtcNow().AddSeconds(1))).Responses);
    }

    [Fact]
    public async Task What_pages_make_up_is_added_up_only_as_far_as_somebody_can_read_it()
    {
        await PublishAsync();
        for (var i = 0; i < 30; i++)
            await AnswerAsync($"u{i}", $$"""{{{string.Join(", ", Enumerable.Range(0, 60).Select(key => $"\"k{i}-{key}\": 1"))}}, "often": "x", "nps": 1}""");
        for (var i = 0; i < 3; i++)
            await AnswerAsync($"v{i}", $$"""{"liked": [{{string.Join(", ", Enumerable.Range(i * 40, 200))}}]}""");

        var summary = await SummarizeAsync();

        var (liked, often) = (summary.Questions.Single(question => question.Id == "liked"), summary.Questions.Single(question => question.Id == "often"));
        Assert.Equal(3 + 20, summary.Questions.Count);
        Assert.Equal((3, 50, 3 * 50), (liked.Answered, liked.Values.Count, liked.Values.Sum(value => value.Count) + liked.Other));
        Assert.Equal((30, 30), (often.Answered, Assert.Single(often.Values).Count));
    }

    [Fact]
    public async Task Numbers_that_the_question_does_not_allow_change_neither_score_nor_mean()
    {
        await PublishAsync();
        foreach (var number in "9 11 -1 8.5 1e300 -1.7e308 1.7e308".Split(' '))
            await AnswerAsync($"u{number}", $$"""{"nps": {{number}}, "own": {{number}}}""");

        var questions = (await SummarizeAsync()).Questions;

        var (nps, own) = (questions.Single(question => question.Id == "nps"), questions.Single(question => question.Id == "own"));
        Assert.Equal((7, 9.0, 1, 0, 0, 100.0), (nps.Answered, nps.Scale.Average, nps.Scale.Promoters, nps.Scale.Passives, nps.Scale.Detractors, nps.Scale.Nps));
        Assert.Equal((7, 6.875), (own.Answered, own.Scale.Average));
    }

    [Fact]
    public async Task A_question_that_is_asked_no_more_keeps_its_words_and_its_free_text_stays_out()
    {
        await PublishAsync();
        await AnswerAsync("u1", """{"why": "Private"}""");
        journey = await site.PublishAsync(
            Designs.Row("", Designs.Start, """{"id": "ask", "content": {"contentType": "SURVEY", "contentId": "ask", "payload": {"questions": []}}}""", Designs.End), journey);
        await AnswerAsync("u2", """{"nps": 1}""");

        var why = (await SummarizeAsync()).Questions.Single(question => question.Id == "why");

        Assert.Equal(("Why?", "text", 1, 0, 0), (why.Label, why.Type, why.Answered, why.Values.Count, why.Other));
    }

    [Fact]
    public async Task A_person_s_history_has_every_answer_and_the_enrollment_the_newest()
    {
        journey = await site.PublishAsync(Designs.Graph("", [Designs.Start, Survey, Designs.End], [("start", "", "ask"), ("ask", "", "end"), ("ask", "skipped", "ask")]));
        await site.EnterAsync(journey, "u1");
        await site.ReportAsync(journey, "u1", "ask", Outcome.Skipped, """{"nps": 1}""");
        await site.PassAsync(TimeSpan.FromMinutes(1));
        var enrollment = (await site.ReportAsync(journey, "u1", "ask", data: """{"nps": 2}""")).Enrollment;

        var visits = (await site.Enrollments.ListVisitsAsync(new() { JourneyId = journey.ToString(), EnrollmentId = enrollment.Id })).Visits;
        var read = await site.Enrollments.GetEnrollmentAsync(new() { JourneyId = journey.ToString(), EnrollmentId = enrollment.Id });

        Assert.Equal(
            [("start", "", null), ("ask", "SKIPPED", 1.0), ("ask", "COMPLETED", 2.0), ("end", "", null)],
            visits.Select(visit => (visit.NodeId, visit.Outcome, visit.Answers?.Fields["nps"].NumberValue)));
        Assert.Equal(2, read.Data.Fields["ask"].StructValue.Fields["nps"].NumberValue);
        Assert.Equal(2, (await site.Enrollments.ListResponsesAsync(Of("ask"))).Responses.Count);
    }

    [Fact]
    public async Task Whoever_is_erased_is_gone_from_the_answers_at_once()
    {
        await PublishAsync();
        await AnswerAsync("u1", """{"why": "secret"}""");
        await AnswerAsync("u2", """{"nps": 2}""");

        await site.Profiles.EraseUserAsync(new() { UserId = "u1" });

        Assert.Equal(["u2"], (await site.Enrollments.ListResponsesAsync(Of("ask"))).Responses.Select(response => response.UserId));
        Assert.Equal((1, 0), ((await SummarizeAsync()).Responses, (await SummarizeAsync()).Questions.Single(question => question.Id == "why").Answered));
    }

    [Fact]
    public async Task Answers_from_before_they_were_kept_are_those_that_the_enrollment_has()
    {
        const string forget = """
            update enrollment.content_outcome set counted = false where site_id = @Id;
            delete from enrollment.statistic_change where site_id = @Id and kind = 'REPORTED';
            delete from enrollment.response where site_id = @Id
            """;
        await PublishAsync();
        await AnswerAsync("u1", """{"nps": 7, "why": "So"}""");
        await AnswerAsync("u2", "{}");
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(forget, new { site.Id });

        await Eventually.True(
            async () =>
            {
                await service.Get<CountOldReports>().RunOnceAsync(CancellationToken.None);
                return (await site.Enrollments.ListResponsesAsync(Of("ask"))).Responses.Count > 0;
            },
            "the answers of before");

        var response = Assert.Single((await site.Enrollments.ListResponsesAsync(Of("ask"))).Responses);
        Assert.Equal(("u1", JsonParser.Default.Parse<Struct>("""{"nps": 7, "why": "So"}""")), (response.UserId, response.Answers));
    }

    [Fact]
    public async Task Another_site_s_answers_are_nobody_s()
    {
        await PublishAsync();
        await AnswerAsync("u1", """{"nps": 2}""");

        var other = service.NewSite();
        await other.PublishAsync(Designs.Row("", Designs.Start, Survey, Designs.End), journey);

        Assert.Empty((await other.Enrollments.ListResponsesAsync(Of("ask"))).Responses);
        Assert.Equal(0, (await other.Enrollments.SummarizeResponsesAsync(new() { JourneyId = journey.ToString(), NodeId = "ask" })).Responses);
    }

    async Task PublishAsync(Guid? before = null) =>
        journey = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Survey, Designs.End), before);

    async Task AnswerAsync(string person, string answers, Outcome outcome = Outcome.Completed)
    {
        await site.EnterAsync(journey, person);
        await site.ReportAsync(journey, person, "ask", outcome, answers);
    }

    ListResponsesRequest Of(string nodeId) => new() { JourneyId = journey.ToString(), NodeId = nodeId };

    async Task<ResponseSummary> SummarizeAsync(int version = 0, DateTimeOffset? from = null) => await site.Enrollments.SummarizeResponsesAsync(
        new() { JourneyId = journey.ToString(), NodeId = "ask", Version = version, From = from?.ToTimestamp() });
}
