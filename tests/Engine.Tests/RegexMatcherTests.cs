using System.Diagnostics;
using System.Text.RegularExpressions;
using CsCheck;

namespace Journeys.Engine.Tests;

public sealed class RegexMatcherTests
{
    static readonly Gen<string> Patterns =
        from pieces in Gen.OneOf(
            ".", "a", "b", "c", "^", "$", "|", "(", ")", "(?:", "*", "+", "?", "{2}", "{1,3}", "{0}", "{2,}", @"\d", @"\W", "[ab]", "[^a]", "[a-c-]", @"\.", @"\n", @"[\d_]").Array[1, 9]
        select string.Concat(pieces);

    static readonly Gen<string> Texts = Gen.OneOf('a', 'b', 'c', 'd', '1', '_', '.', '-', '\n', ' ').Array[0, 12].Select(characters => new string(characters));

    [Fact]
    public void It_matches_as_dot_net_does()
    {
        var compared = 0;
        Gen.Select(Patterns, Texts.Array[30]).Sample(
            (pattern, texts) =>
            {
                if (RegexMatcher.For(pattern) is not { } matcher)
                    return;

                var oracle = new Regex(RegexSubset.ToPostgres(pattern)!.Replace("$", @"\z", StringComparison.Ordinal), RegexOptions.NonBacktracking | RegexOptions.Singleline);
                foreach (var text in texts)
                    Assert.True(oracle.IsMatch(text) == matcher.IsMatch(text), $"{pattern} on {text}: .NET says {oracle.IsMatch(text)}");
                Interlocked.Add(ref compared, texts.Length);
            },
            iter: 4_000);

        Assert.True(compared > 5_000, $"Only {compared} were compared.");
    }

    [Theory]
    [InlineData("^.$", "😀", true)]
    [InlineData("^..$", "😀", false)]
    [InlineData("^[^a]$", "é", true)]
    [InlineData("[é-ü]", "xñ", true)]
    [InlineData("(((){255}){255}){255}x", "x", true)]
    [InlineData("(^^^^^^^^^^){255}x", "x", true)]
    [InlineData("(a*)*$", "aab", true)]
    public void Characters_are_whole_and_nothing_runs_without_end(string pattern, string text, bool expected) =>
        Assert.Equal(expected, RegexMatcher.For(pattern)!.IsMatch(text));

    [Fact]
    public void Only_the_first_characters_of_a_text_are_looked_at_as_if_it_ended_there()
    {
        var text = new string('é', RegexMatcher.MaxText) + "x";

        Assert.False(RegexMatcher.For("x")!.IsMatch(text));
        Assert.True(RegexMatcher.For("é$")!.IsMatch(text));
    }

    [Fact]
    public void It_ends_when_the_caller_has_gone_or_the_work_is_too_much()
    {
        var (matcher, text) = (RegexMatcher.For("(a?){200}b")!, new string('a', 2_000));
        using var gone = new CancellationTokenSource();
        gone.Cancel();

        Assert.Throws<OperationCanceledException>(() => matcher.IsMatch(text, new Effort(long.MaxValue - 1, () => new InvalidOperationException(), charge: null, gone.Token)));
        Assert.Throws<UnreachableException>(() => matcher.IsMatch(text, new Effort(100_000, () => new UnreachableException(), charge: null, CancellationToken.None)));
    }
}
