using System.Collections.Concurrent;

namespace Journeys.Chaos.People;

/// <summary>The journeys that there are, and who belongs to the audience.</summary>
sealed class Scene
{
    /// <summary>The trait of those who belong to the audience.</summary>
    public const string Trait = "club";

    public Guid Site { get; set; }

    public string Audience { get; set; } = "";

    /// <summary>Walked by most; gets new versions and is paused now and then.</summary>
    public Guid Tour { get; set; }

    /// <summary>Walked by some; is paused now and then.</summary>
    public Guid Steps { get; set; }

    /// <summary>Walked by some, who leave it by an exit rule.</summary>
    public Guid Trial { get; set; }

    /// <summary>Entered by hundreds at once, also by lists; never paused.</summary>
    public Guid Naps { get; set; }

    /// <summary>Everybody of the audience is to be in each of these.</summary>
    public ConcurrentQueue<Guid> Clubs { get; } = new();

    public ConcurrentQueue<Person> Members { get; } = new();

    /// <summary>Whether the site may be halted. No timer moves anybody then, so not while a recovery is timed alone.</summary>
    public bool MayBeHalted { get; set; } = true;

    /// <summary>How many people there are.</summary>
    public int People => people;

    public void Count(int more) => Interlocked.Add(ref people, more);

    int people;
}
