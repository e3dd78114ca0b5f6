using System.Text.Json.Nodes;
using Journeys.Ledgers.Clients;
using Journeys.Testing.Clients;

namespace Journeys.Chaos.People;

/// <summary>People who come one after the other, as many at once as make the wanted number of calls, each with a life that their number decides.</summary>
sealed class Crowd(CarefulClient page, CarefulClient backend, CallLog calls, Scene scene, int seed)
{
    // Somebody who walks makes a call about every second, and waits for some.
    const double CallsOfOneASecond = 0.8;

    int last;

    public Task RunAsync(int callsPerSecond, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, (int)Math.Ceiling(callsPerSecond / CallsOfOneASecond)).Select(_ => ComeAndGoAsync(stop)));

    async Task ComeAndGoAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref last);
            scene.Count(1);
            var random = new Random(seed * 31 + number);
            await LiveAsync(number, random, stop);
        }
    }

    async Task LiveAsync(int number, Random random, CancellationToken stop)
    {
        var person = new Person(page, calls, scene.Site, $"user-{number}", $"visitor-{number}");
        var walker = new Walker(person, random, stop);
        switch (random.Next(100))
        {
            case < 35:
                await person.IdentifyAsync(new JsonObject { ["plan"] = random.Next(2) == 0 ? "pro" : "free" });
                // Some come back after they have left.
                for (var times = random.Next(3); times >= 0; times--)
                    await walker.EnterAndWalkAsync(scene.Tour);
                break;
            case < 55:
                await StartAsVisitorAsync(number, random, stop);
                break;
            case < 62:
                await walker.EnterAndWalkAsync(scene.Steps);
                break;
            case < 67:
                await walker.EnterAndWalkAsync(scene.Trial, mostSteps: random.Next(2));
                if (await walker.LookAsync(scene.Trial) is { } inside)
                    await person.QuitAsync(inside, byEvent: random.Next(2) == 0);
                break;
            case < 80:
                await JoinClubAsync(person, walker);
                break;
            case < 88:
                await OptOutAsync(person, walker);
                break;
            case < 95:
                await person.DoAsync("came");
                await walker.WalkAsync(scene.Tour, null);
                break;
            default:
                await walker.EnterAndWalkAsync(scene.Tour, mostSteps: 2);
                await person.EraseAsync(backend);
                break;
        }
    }

    // Some turn out to be a user who is inside already, or who comes at the same moment.
    async Task StartAsVisitorAsync(int number, Random random, CancellationToken stop)
    {
        var visitor = new Person(page, calls, scene.Site, "", $"visitor-{number}");
        var asVisitor = new Walker(visitor, random, stop);
        if (!await asVisitor.EnterAndWalkAsync(scene.Tour, mostSteps: random.Next(3)))
            return;

        if (random.Next(3) == 0)
        {
            var user = new Person(page, calls, scene.Site, $"user-{number}", "");
            await Task.WhenAll(new Walker(user, new Random(random.Next()), stop).EnterAndWalkAsync(scene.Tour, mostSteps: 1), visitor.BecomeAsync($"user-{number}"));
        }
        else
        {
            await visitor.BecomeAsync($"user-{number}");
        }

        await asVisitor.WalkAsync(scene.Tour, null);
    }

    async Task JoinClubAsync(Person person, Walker walker)
    {
        if (!(await person.IdentifyAsync(new JsonObject { [Scene.Trait] = "yes" })).IsOk)
            return;

        // First here, then a look at the journeys; their author does it the other way round.
        scene.Members.Enqueue(person);
        foreach (var club in scene.Clubs)
            person.IsToBeIn(club);
        if (scene.Clubs.TryPeek(out var first))
            await walker.WalkAsync(first, null);
    }

    async Task OptOutAsync(Person person, Walker walker)
    {
        await walker.EnterAndWalkAsync(scene.Tour, mostSteps: 1);
        if (await walker.LookAsync(scene.Tour) is { } position)
            await person.StopAsync(position);
        await walker.EnterAndWalkAsync(scene.Tour);
    }
}
