using System.Runtime.Intrinsics;

namespace Journeys.Engine;

/// <summary>The kinds of steps of an expression.</summary>
enum RegexStepKind
{
    /// <summary>Consumes a character of its set.</summary>
    Take,

    /// <summary>Continues with both next steps.</summary>
    Fork,

    /// <summary>Continues at the start of the text only.</summary>
    Start,

    /// <summary>Continues at the end of the text only.</summary>
    End,

    /// <summary>The expression has been matched.</summary>
    Match,
}

/// <summary>A step of an expression and the steps after it; a step that consumes a character has a number.</summary>
readonly record struct RegexStep(RegexStepKind Kind, int Next = 0, int Other = 0, CharacterSet? Set = null, int Number = 0);

/// <summary>The steps that can be reached without consuming a character.</summary>
/// <param name="Waiting">The reached steps that wait for a character, one bit each.</param>
/// <param name="Ends">Whether the end of the expression can be reached.</param>
readonly record struct RegexReach(Vector256<ulong> Waiting, bool Ends)
{
    /// <summary>Returns the bit of a step that consumes a character.</summary>
    public static Vector256<ulong> Bit(int number) => Vector256<ulong>.Zero.WithElement(number / 64, 1UL << (number % 64));
}

/// <summary>Compiles an expression, as <see cref="RegexSubset"/> writes it for PostgreSQL, to steps.</summary>
/// <remarks>
/// Steps are written from the end of the expression to its start, so that the next step of each is already known.
/// </remarks>
sealed class RegexProgram
{
    // An expression of 256 characters needs fewer steps.
    const int MaxSteps = 4_096;

    readonly List<RegexStep> steps = [new(RegexStepKind.Match)];
    readonly List<RegexStep> takes = [];

    RegexProgram(string text) => Entry = Write(RegexTree.Parse(text), next: 0);

    /// <summary>Compiles an expression; null when it has too many steps.</summary>
    public static RegexProgram? Compile(string text) =>
        new RegexProgram(text) is var program && program.steps.Count <= MaxSteps && program.takes.Count <= RegexSubset.MaxSize ? program : null;

    /// <summary>The first step.</summary>
    public int Entry { get; }

    /// <summary>The steps that consume a character, by number.</summary>
    public IReadOnlyList<RegexStep> Takes => takes;

    /// <summary>
    /// Returns the steps that follow a step without consuming a character, at a position of the text.
    /// </summary>
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
        // Repeating a part that consumes no character changes nothing.
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
