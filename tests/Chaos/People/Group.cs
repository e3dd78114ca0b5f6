using System.Text.Json.Nodes;
using Journeys.Ledgers.Clients;
using Journeys.Testing.Clients;

namespace Journeys.Chaos.People;

/// <summary>Hundreds of people whom the backend enrolls at once, by their names or by a list. Nobody calls for them afterwards.</summary>
sealed class Group(CarefulClient backend, CallLog calls, Scene scene)
{
    const int Size = 300;

    int last;
    string? list;
    string? job;

    /// <summary>Enrolls some by their names. Returns who is in.</summary>
    public async Task<IReadOnlyList<(string Name, Guid Enrollment)>> EnrollAsync(Guid journey)
    {
        var (names, id) = (Names(), $"{Guid.NewGuid()}");
        var answered = await backend.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = names }, answer =>
        {
            foreach (var (number, name) in names.Index())
            {
                var enrollment = answer.Body?["results"]![number]!["enrollment"];
                calls.Add(Call(name, journey, id) with
                {
                    // Somebody among many may be refused alone.
                    Outcome = answer.IsOk && enrollment is null ? ClientOutcome.Failed : answer.Outcome(),
                    EnrollmentId = enrollment is null ? null : IdOf(enrollment),
                });
            }
        });
        return answered.Body is not { } told ? []
            : [.. names.Zip(told["results"]!.AsArray(), (name, result) => (name, result!["enrollment"])).Where(one => one.Item2 is not null)
                .Select(one => (one.name, IdOf(one.Item2!)))];
    }

    /// <summary>Stops many at once, whoever is meant by a selection.</summary>
    public async Task StopAsync(Guid journey, object selection, IReadOnlyList<(string Name, Guid Enrollment)> meant)
    {
        if (!(await backend.PostAsync($"/api/journeys/{journey}/stops", new { selection, reason = "over", peoplePerSecond = 50 })).IsOk)
            return;

        foreach (var (name, enrollment) in meant)
            calls.Add(Call(name, journey, "") with { Call = ClientAction.Stop, EnrollmentId = enrollment });
    }

    /// <summary>Makes a list and enrolls it, when the one before is enrolled.</summary>
    public async Task EnrollListAsync(Guid journey)
    {
        await EnrollRestOfListAsync(journey);
        var names = Names();
        list = (string?)(await backend.PostAsync("/api/user-lists", new { name = names[0] })).Body?["id"];
        if (list is null || !(await backend.PostAsync($"/api/user-lists/{list}/members", new { add = names })).IsOk)
            return;

        if (await StartJobAsync(journey))
        {
            foreach (var name in names)
                calls.Add(Call(name, journey, "list"));
        }
    }

    /// <summary>Waits until the newest list is enrolled, and enrolls it again when a halt has failed its job.</summary>
    public async Task EnrollRestOfListAsync(Guid journey)
    {
        while (job is not null && (await backend.GetAsync($"/api/jobs/{job}")).Body is { } told && (string)told["status"]! != "COMPLETED")
        {
            var error = (string?)told["error"] ?? "";
            if (error.Contains("halted", StringComparison.Ordinal))
                await StartJobAsync(journey);
            else if ((string)told["status"]! != "RUNNING")
                throw new InvalidOperationException($"The job of a list ended: {told}");
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    async Task<bool> StartJobAsync(Guid journey)
    {
        job = (string?)(await backend.PostAsync($"/api/journeys/{journey}/enrollments", new { listId = list })).Body?["job"]?["id"];
        return job is not null;
    }

    string[] Names()
    {
        var first = last;
        last += Size;
        scene.Count(Size);
        return [.. Enumerable.Range(first, Size).Select(number => $"sleeper-{number}")];
    }

    static Guid IdOf(JsonNode enrollment) => Guid.Parse((string)enrollment["id"]!);

    ClientCall Call(string name, Guid journey, string id) => new()
    {
        Call = ClientAction.Enroll,
        Outcome = ClientOutcome.Ok,
        Site = scene.Site,
        UserId = name,
        JourneyId = journey,
        RequestId = id,
    };
}
