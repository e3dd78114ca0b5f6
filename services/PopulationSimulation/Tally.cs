using System.Runtime.InteropServices;

namespace Journeys.PopulationSimulation;

/// <summary>A simulation would take too much memory, because too much happens at different times.</summary>
public sealed class SimulationTooLargeException() : Exception("Too much happens at different times. Choose fewer people, a shorter horizon or a smaller journey.");

/// <summary>The counts of one design. The tallies of parts of the population can be added in any order.</summary>
sealed class Tally(TriedDesign design)
{
    // Takes about 200 MB.
    const int MostTimes = 4_000_000;

    int times;

    public long Entered { get; set; }

    public long ReEntered { get; set; }

    public long Attempts => Entered + ReEntered;

    /// <summary>People who belong to the audience or entered.</summary>
    public long Audience { get; set; }

    public SortedDictionary<string, long> Refused { get; } = new(StringComparer.Ordinal);

    public NodeTally[] Nodes { get; } = [.. design.Nodes.Select(_ => new NodeTally())];

    public EdgeTally[] Edges { get; } = [.. design.Edges.Select(_ => new EdgeTally())];

    public SortedDictionary<(string Status, string Name), EndingTally> Endings { get; } = new(Comparer<(string Status, string Name)>.Create(
        (one, other) => string.CompareOrdinal(one.Status, other.Status) is not 0 and var order ? order : string.CompareOrdinal(one.Name, other.Name)));

    public Spread TimeToGoal { get; } = new();

    public Spread ShownPerPerson { get; } = new();

    public long[] Nevers { get; } = new long[design.Nevers.Count];

    public Spread[] Times { get; } = [.. design.Times.Select(_ => new Spread())];

    /// <summary>The people with a finding, by code and node.</summary>
    public SortedDictionary<(string Code, int Node), Few> Found { get; } = [];

    /// <summary>Counts an occurrence in a minute or an hour.</summary>
    /// <exception cref="SimulationTooLargeException">There are too many different times.</exception>
    public void CountIn(Dictionary<int, long> counts, int time)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, time, out var isKnown);
        count++;
        if (!isKnown && ++times > MostTimes)
            throw new SimulationTooLargeException();
    }

    public void Refuse(string reason) => Refused[reason] = Refused.GetValueOrDefault(reason) + 1;

    public void Find(string code, int node, int person) => Of(Found, (code, node)).Add(person);

    public EndingTally Ending(string status, string name) => Of(Endings, (status, name));

    public void Add(Tally other)
    {
        Entered += other.Entered;
        ReEntered += other.ReEntered;
        Audience += other.Audience;
        foreach (var (reason, count) in other.Refused)
            Refused[reason] = Refused.GetValueOrDefault(reason) + count;
        for (var i = 0; i < Nodes.Length; i++)
            Nodes[i].Add(other.Nodes[i]);
        for (var i = 0; i < Edges.Length; i++)
            Edges[i].Add(other.Edges[i]);
        foreach (var (ending, counted) in other.Endings)
            Of(Endings, ending).Add(counted);
        TimeToGoal.Add(other.TimeToGoal);
        ShownPerPerson.Add(other.ShownPerPerson);
        for (var i = 0; i < Nevers.Length; i++)
            Nevers[i] += other.Nevers[i];
        for (var i = 0; i < Times.Length; i++)
            Times[i].Add(other.Times[i]);
        foreach (var (found, people) in other.Found)
            Of(Found, found).Add(people);
    }

    static TValue Of<TKey, TValue>(SortedDictionary<TKey, TValue> all, TKey key)
        where TKey : notnull
        where TValue : new()
    {
        if (!all.TryGetValue(key, out var value))
            all[key] = value = new();
        return value;
    }
}

/// <summary>The counts of one node.</summary>
sealed class NodeTally
{
    public long Arrived { get; set; }

    /// <summary>Attempts that visited the node at least once.</summary>
    public long Attempts { get; set; }

    public long HereAtEnd { get; set; }

    public long AtNight { get; set; }

    public Spread Stayed { get; } = new();

    /// <summary>How many people left in each minute after the start.</summary>
    public Dictionary<int, long> Minutes { get; } = [];

    public void Add(NodeTally other)
    {
        Arrived += other.Arrived;
        Attempts += other.Attempts;
        HereAtEnd += other.HereAtEnd;
        AtNight += other.AtNight;
        Stayed.Add(other.Stayed);
        foreach (var (minute, count) in other.Minutes)
            Minutes[minute] = Minutes.GetValueOrDefault(minute) + count;
    }
}

/// <summary>The counts of one edge.</summary>
sealed class EdgeTally
{
    public long Taken { get; set; }

    /// <summary>Attempts that took the edge at least once.</summary>
    public long Attempts { get; set; }

    /// <summary>How often the edge was taken in each hour after the start.</summary>
    public Dictionary<int, long> Hours { get; } = [];

    public void Add(EdgeTally other)
    {
        Taken += other.Taken;
        Attempts += other.Attempts;
        foreach (var (hour, count) in other.Hours)
            Hours[hour] = Hours.GetValueOrDefault(hour) + count;
    }
}

/// <summary>The attempts with the same ending.</summary>
sealed class EndingTally
{
    public Few People { get; } = new();

    public Spread Took { get; } = new();

    public long Count { get; set; }

    public void Add(EndingTally other)
    {
        Count += other.Count;
        People.Add(other.People);
        Took.Add(other.Took);
    }
}

/// <summary>A number of people, and the first of them.</summary>
sealed class Few
{
    const int Most = 5;

    readonly List<int> people = [];

    public long Count { get; private set; }

    public IReadOnlyList<int> People => people;

    public void Add(int person)
    {
        Count++;
        Keep(person);
    }

    public void Add(Few other)
    {
        Count += other.Count;
        foreach (var person in other.people)
            Keep(person);
    }

    void Keep(int person)
    {
        var place = people.BinarySearch(person);
        if (place >= 0 || ~place >= Most)
            return;
        people.Insert(~place, person);
        if (people.Count > Most)
            people.RemoveAt(Most);
    }
}
