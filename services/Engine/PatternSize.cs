namespace Journeys.Engine;

/// <summary>
/// Counts the characters of a pattern with every repetition expanded. Counting stops just above the limit.
/// </summary>
sealed class PatternSize(int bound)
{
    readonly Stack<int> outer = new();
    int here;
    int last;

    public int Total => here + outer.Sum();

    public bool IsOpen => outer.Count > 0;

    public void Add() => here += last = 1;

    public void Repeat(int times) => here = Math.Min(here + (last * Math.Max(0, times - 1)), bound + 1);

    public void Open()
    {
        outer.Push(here);
        here = 0;
    }

    /// <summary>Closes a group; returns false when no group is open.</summary>
    public bool Close()
    {
        if (!outer.TryPop(out var before))
            return false;

        last = here;
        here = Math.Min(before + here, bound + 1);
        return true;
    }
}
