using Journeys.Ledgers.Clients;
using Journeys.Testing.Clients;

namespace Journeys.Chaos.People;

/// <summary>Hundreds of people whom the backend enrolls at once, by their names or by a list. Nobody calls for them afterwards.</summary>
sealed class Group(CarefulClient backend, CallLog calls, Scene scene)
{
    const int Size = 300;

    int last;

    public async Task EnrollAsync(Guid journey)
    {
        var (names, id) = (Names(), $"{Guid.NewGuid()}");
        await backend.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = names }, answer =>
        {
            foreach (var (number, name) in names.Index())
            {
                var enrollment = answer.Body?["results"]![number]!["enrollment"];
                calls.Add(Call(name, journey, id) with
                {
                    // Somebody among many may be refused alone.
                    Outcome = answer.IsOk && enrollment is null ? ClientOutcome.Failed : answer.Outcome(),
                    EnrollmentId = enrollment is null ? null : Guid.Parse((string)enrollment["id"]!),
                });
            }
        });
    }

    public async Task EnrollListAsync(Guid journey)
    {
        var names = Names();
        var list = (await backend.PostAsync("/api/user-lists", new { name = names[0] })).Body?["id"];
        if (list is null || !(await backend.PostAsync($"/api/user-lists/{(string)list!}/members", new { add = names })).IsOk)
            return;

        if ((await backend.PostAsync($"/api/journeys/{journey}/enrollments", new { listId = (string)list! })).IsOk)
        {
            foreach (var name in names)
                calls.Add(Call(name, journey, "list"));
        }
    }

    string[] Names()
    {
        var first = last;
        last += Size;
        scene.Count(Size);
        return [.. Enumerable.Range(first, Size).Select(number => $"sleeper-{number}")];
    }

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
