using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>Compares the results of people in two designs.</summary>
sealed class Changes
{
    readonly SortedDictionary<string, SortedDictionary<string, long>> endings = new(StringComparer.Ordinal);
    readonly Few changed = new();

    public void Add(int person, PersonResult before, PersonResult after)
    {
        if (before != after)
            changed.Add(person);
        Add(before.Ending, after.Ending, 1);
    }

    public void Add(Changes other)
    {
        changed.Add(other.changed);
        foreach (var (from, all) in other.endings)
        {
            foreach (var (to, people) in all)
                Add(from, to, people);
        }
    }

    public Proto.Comparison ToProto() => new()
    {
        ChangedPeople = changed.Count,
        People = { changed.People },
        Endings = { endings.SelectMany(from => from.Value.Select(to => new Proto.Comparison.Types.Change { From = from.Key, To = to.Key, People = to.Value })) },
    };

    void Add(string from, string to, long people)
    {
        if (!endings.TryGetValue(from, out var all))
            endings[from] = all = new(StringComparer.Ordinal);
        all[to] = all.GetValueOrDefault(to) + people;
    }
}
