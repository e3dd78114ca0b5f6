using System.Text.Json.Nodes;

namespace Journeys.Chaos.People;

/// <summary>Lets one person walk: reports what is shown, does what is awaited, or lets time pass.</summary>
sealed class Walker(Person person, Random random, CancellationToken stop)
{
    const int MostSteps = 12;

    /// <summary>Enters a journey and walks it. False if they could not enter.</summary>
    public async Task<bool> EnterAndWalkAsync(Guid journey, int mostSteps = MostSteps)
    {
        while (!stop.IsCancellationRequested)
        {
            var answer = await person.EnrollAsync(journey);
            if (answer.IsOk)
            {
                await WalkAsync(journey, answer.Body, mostSteps);
                return true;
            }

            // It is paused, or its site halted, and takes nobody until it goes on.
            await RestAsync();
        }

        return false;
    }

    /// <summary>Walks from where they stand until they have left, or after so many steps.</summary>
    public async Task WalkAsync(Guid journey, JsonNode? position, int mostSteps = MostSteps)
    {
        var (steps, doneAt) = (0, 0);
        for (position ??= await LookAsync(journey); IsInside(position) && steps < mostSteps && !stop.IsCancellationRequested; position = await LookAsync(journey))
        {
            if (position!["step"] is { } step)
            {
                await ReportAsync(position);
                steps++;
            }
            else if ((string)position["enrollment"]!["currentNodeId"]! == "hold" && doneAt != steps + 1 && random.Next(10) < 7)
            {
                doneAt = steps + 1;
                await person.DoAsync(random.Next(3) == 0 ? "paid" : "made");
                await person.DoAsync("made");
            }
        }
    }

    /// <summary>Looks after a while.</summary>
    public async Task<JsonNode?> LookAsync(Guid journey)
    {
        await RestAsync();
        return await person.PositionAsync(journey);
    }

    static bool IsInside(JsonNode? position) => (string?)position?["enrollment"]?["status"] == "ACTIVE";

    async Task ReportAsync(JsonNode position)
    {
        var result = random.Next(10) switch
        {
            0 => "DISMISSED",
            1 => "SKIPPED",
            _ => "COMPLETED",
        };
        // Some have two pages open, which say different things at once.
        if (random.Next(20) == 0)
            await Task.WhenAll(person.ReportAsync(position, result), person.ReportAsync(position, "DISMISSED"));
        else
            await person.ReportAsync(position, result);
    }

    async Task RestAsync()
    {
        try
        {
            await Task.Delay(random.Next(500, 1_500), stop);
        }
        catch (OperationCanceledException)
        {
            // The walk ends with the step that is under way.
        }
    }
}
