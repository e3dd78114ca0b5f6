using System.Text.Json.Nodes;
using Journeys.Ledgers.Clients;
using Journeys.Testing.Clients;

namespace Journeys.Chaos.People;

/// <summary>A user or a visitor whose page calls for them; every try is recorded.</summary>
sealed class Person(CarefulClient page, CallLog calls, Guid site, string userId, string anonymousId)
{
    /// <summary>Empty for a visitor.</summary>
    public string UserId { get; private set; } = userId;

    public Task<Answer> IdentifyAsync(JsonObject traits) => page.PostAsync("/sdk/identify", Who(new() { ["traits"] = traits }));

    /// <summary>A visitor turns out to be a user.</summary>
    public async Task BecomeAsync(string user)
    {
        // Whichever of the two ids is named from now on, it is one person.
        if ((await page.PostAsync("/sdk/identify", new { userId = user, anonymousId })).IsOk)
            UserId = user;
    }

    public Task<Answer> EnrollAsync(Guid journey)
    {
        var id = $"{Guid.NewGuid()}";
        return page.PostAsync($"/sdk/journeys/{journey}/enroll", Who([]), answer => calls.Add(Call(ClientAction.Enroll, answer.Outcome()) with
        {
            JourneyId = journey,
            RequestId = id,
            EnrollmentId = answer.Body is { } told ? Guid.Parse((string)told["enrollment"]!["id"]!) : null,
        }));
    }

    /// <summary>Reports the content that a position shows.</summary>
    public Task<Answer> ReportAsync(JsonNode position, string result)
    {
        var (enrollment, visit) = (Guid.Parse((string)position["enrollment"]!["id"]!), (int)position["step"]!["visitNo"]!);
        var body = Who(new()
        {
            ["nodeId"] = (string)position["step"]!["nodeId"]!,
            ["outcome"] = result,
            ["visitNo"] = visit,
            ["enrollmentId"] = $"{enrollment}",
        });
        return page.PostAsync($"/sdk/journeys/{(string)position["enrollment"]!["journeyId"]!}/progress", body, answer =>
        {
            var outcome = answer.Outcome();
            // One that changed nothing came too late, or again.
            if (answer.Body is { } told && !(bool)told["applied"]!)
                outcome = (bool)told["held"]! ? ClientOutcome.Held : ClientOutcome.Unknown;
            calls.Add(Call(ClientAction.Report, outcome) with { EnrollmentId = enrollment, VisitNo = visit, Result = result });
        });
    }

    public Task<Answer> DoAsync(string eventName)
    {
        var id = $"{Guid.NewGuid()}";
        var body = Who(new() { ["events"] = new JsonArray(new JsonObject { ["id"] = id, ["name"] = eventName }) });
        return page.PostAsync("/sdk/events", body, answer => calls.Add(Call(ClientAction.Event, answer.Outcome()) with { EventId = id }));
    }

    public Task<Answer> StopAsync(JsonNode position)
    {
        var enrollment = Guid.Parse((string)position["enrollment"]!["id"]!);
        return page.PostAsync($"/sdk/journeys/{(string)position["enrollment"]!["journeyId"]!}/stop", Who([]), answer =>
        {
            // Opting out ends the attempt that is the newest by then.
            if (answer.IsRefused)
                return;
            var stopped = answer.Body is { } told ? Guid.Parse((string)told["enrollment"]!["id"]!) : enrollment;
            calls.Add(Call(ClientAction.Stop, answer.Outcome()) with { EnrollmentId = stopped });
        });
    }

    /// <summary>Does, or becomes, what an exit rule names. Whoever is told that it is stored must be out in the end.</summary>
    public async Task QuitAsync(JsonNode position, bool byEvent)
    {
        var answer = byEvent ? await DoAsync(Designs.Quit) : await IdentifyAsync(new JsonObject { ["plan"] = Designs.Quit });
        if (answer.IsOk)
            calls.Add(Call(ClientAction.Stop, ClientOutcome.Ok) with { EnrollmentId = Guid.Parse((string)position["enrollment"]!["id"]!) });
    }

    /// <summary>The backend erases them; nobody calls for them from then on.</summary>
    public Task<Answer> EraseAsync(CarefulClient backend) =>
        backend.CallAsync(HttpMethod.Delete, $"/api/users/{UserId}", null, answer => calls.Add(Call(ClientAction.Erase, answer.Outcome())));

    /// <summary>Notes that they are to be in a journey for another reason than a call for them alone, such as a list.</summary>
    public void IsToBeIn(Guid journey) => calls.Add(Call(ClientAction.Enroll, ClientOutcome.Ok) with { JourneyId = journey, RequestId = $"{Guid.NewGuid()}" });

    /// <summary>Where they stand in a journey; null if they are not in it, or nobody answers.</summary>
    public async Task<JsonNode?> PositionAsync(Guid journey)
    {
        var who = UserId.Length > 0 ? $"userId={UserId}" : $"anonymousId={anonymousId}";
        var answer = await page.GetAsync($"/sdk/journeys?{who}");
        return answer.Body?["journeys"]?.AsArray().FirstOrDefault(position => (string)position!["journeyId"]! == $"{journey}");
    }

    JsonObject Who(Dictionary<string, JsonNode?> more) => new(more)
    {
        [UserId.Length > 0 ? "userId" : "anonymousId"] = UserId.Length > 0 ? UserId : anonymousId,
    };

    ClientCall Call(ClientAction action, ClientOutcome outcome) => new()
    {
        Call = action,
        Outcome = outcome,
        Site = site,
        UserId = UserId,
        AnonymousId = UserId.Length > 0 ? "" : anonymousId,
    };
}
