using System.Runtime.Intrinsics;

namespace Journeys.Engine;

/// <summary>What one step of an expression does.</summary>
enum RegexStepKind
{
    /// <summary>Takes a character of its set.</summary>
    Take,

    /// <summary>Goes both ways.</summary>
    Fork,

    /// <summary>Goes on at the start of the text only.</summary>
    Start,

    /// <summary>Goes on at the end of the text only.</summary>
    End,

    /// <summary>The expression has been matched.</summary>
    Match,
}

/// <summary>A step of an expression and where it leads; one that takes a character has a number.</summary>
readonly record struct RegexStep(RegexStepKind Kind, int Next = 0, int Other = 0, CharacterSet? Set = null, int Number = 0);

/// <summary>What can be reached without taking a character.</summary>
/// <param name="Waiting">The steps that wait for one, a bit for each.</param>
/// <param name="Ends">Whether the end of the expression can be.</param>
readonly record struct RegexReach(Vector256<ulong> Waiting, bool Ends)
{
    /// <summary>The bit of a step that takes a character.</summary>
    public static Vector256<ulong> Bit(int number) => Vector256<ulong>.Zero.WithElement(number / 64, 1UL << (number % 64));
}

/// <summary>The steps of an expression, as <see cref="RegexSubset"/> writes it for PostgreSQL.</summary>
/// <remarks>Written from its end to its start, so that every step knows where it leads.</remarks>
sealed class RegexProgram
{
    // 256 characters with what joins them take fewer.
    const int MaxSteps = 4_096;

    readonly List<RegexStep> steps = [new(RegexStepKind.Match)];
    readonly List<RegexStep> takes = [];

    RegexProgram(string text) => Entry = Write(RegexTree.Parse(text), next: 0);

    /// <summary>The steps; null when there are too many.</summary>
    public static RegexProgram? Compile(string text) =>
        new RegexProgram(text) is var program && program.steps.Count <= MaxSteps && program.takes.Count <= RegexSubset.MaxSize ? program : null;

    /// <summary>The step to begin with.</summary>
    public int Entry { get; }

    /// <summary>The steps that take a character, by number.</summary>
    public IReadOnlyList<RegexStep> Takes => takes;

    /// <summary>What a step leads to without taking a character, somewhere in the text.</summary>
    public RegexReach Reach(int step, bool isStart, bool isEnd)
    {
        var reach = default(RegexReach);
        var seen = new HashSet<int>();
        var open = new Stack<int>([step]);
        while (open.TryPop(out var at))
        {
            if (!seen.Add(at))
                continue;

            var here = steps[at];
            if (here.Kind == RegexStepKind.Match)
                reach = reach with { Ends = true };
            else if (here.Kind == RegexStepKind.Take)
                reach = reach with { Waiting = reach.Waiting | RegexReach.Bit(here.Number) };
            else if ((here.Kind != RegexStepKind.Start || isStart) && (here.Kind != RegexStepKind.End || isEnd))
                open.Push(here.Next);
            if (here.Kind == RegexStepKind.Fork)
                open.Push(here.Other);
        }

        return reach;
    }

    int Write(RegexTree tree, int next)
    {
        switch (tree)
        {
            case RegexTree.Character character:
                var take = new RegexStep(RegexStepKind.Take, next, Set: character.Set, Number: takes.Count);
                takes.Add(take);
                return Add(take);
            case RegexTree.Edge edge:
                return Add(new(edge.IsStart ? RegexStepKind.Start : RegexStepKind.End, next));
            case RegexTree.Sequence sequence:
                return sequence.Parts.Reverse().Aggregate(next, (after, part) => Write(part, after));
            case RegexTree.Choice choice:
                var entries = choice.Ways.Select(way => Write(way, next)).ToList();
                return entries.Skip(1).Aggregate(entries[0], (others, way) => Add(new(RegexStepKind.Fork, others, way)));
            case RegexTree.Repeat repeat:
                return Repeated(repeat, next);
            default:
                throw new ArgumentOutOfRangeException(nameof(tree));
        }
    }

    int Repeated(RegexTree.Repeat repeat, int after)
    {
        // What takes no character says the same however often it stands there.
        if (!repeat.Part.TakesCharacters)
            return repeat.Least == 0 ? after : Write(repeat.Part, after);

        var (entry, least) = (after, repeat.Least);
        if (repeat.Most is null)
        {
            var loop = Add(default);
            var part = Write(repeat.Part, loop);
            steps[loop] = new(RegexStepKind.Fork, after, part);
            entry = least == 0 ? loop : part;
            least--;
        }

        for (var i = repeat.Least; i < repeat.Most; i++)
            entry = Add(new(RegexStepKind.Fork, after, Write(repeat.Part, entry)));
        for (var i = 0; i < least; i++)
            entry = Write(repeat.Part, entry);
        return entry;
    }

    int Add(RegexStep step)
    {
        steps.Add(step);
        return steps.Count - 1;
    }
}
