using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Dapper;
using Journeys.Engine;

namespace Journeys.Enrollments.Tests;

/// <summary>Text means the same in memory and in SQL, down to the single character.</summary>
public sealed class TextAgreementTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    [Fact]
    public async Task Every_character_of_Unicode_ignores_its_case_alike()
    {
        const string sql = """select lower(text collate "pg_c_utf8") from unnest(@texts) with ordinality as given (text, position) order by position""";
        var characters = Enumerable.Range(1, 0x10FFFF).Where(Rune.IsValid).Select(code => new Rune(code).ToString()).ToArray();
        await using var connection = await service.Database.OpenConnectionAsync();

        var inSql = (await connection.QueryAsync<string>(sql, new { texts = characters })).AsList();

        var cased = characters.Zip(inSql).Where(pair => pair.First != pair.Second || Rune.ToLowerInvariant(Rune.GetRuneAt(pair.First, 0)) != Rune.GetRuneAt(pair.First, 0)).ToList();
        Assert.True(cased.Count > 1_000);
        Assert.Equal([], cased.Where(pair => !(Contains(pair.First, pair.Second) && Contains(pair.Second, pair.First))).Select(pair => $"{pair.First} {pair.Second}"));
    }

    static bool Contains(string text, string part)
    {
        var rule = new ConditionRule("traits.text", Operator.Contains, JsonSerializer.SerializeToElement(part));
        return RuleCompiler.Compile(rule)(new Facts(new Person { Traits = JsonSerializer.SerializeToElement(new { text }) }, null, null, RandomPeople.Now));
    }

    [Fact]
    public async Task Every_expression_of_the_subset_matches_alike()
    {
        const string sql = "select text ~ @pattern from unnest(@texts) with ordinality as given (text, position) order by position";
        await using var connection = await service.Database.OpenConnectionAsync();

        await Gen.Select(RandomRules.Patterns, RandomPeople.Texts.Array[40]).SampleAsync(
            async (pattern, texts) =>
            {
                if (RegexMatcher.For(pattern) is not { } regex)
                    return;

                var inSql = await connection.QueryAsync<bool>(sql, new { pattern = RegexSubset.ToPostgres(pattern), texts });

                Assert.Equal(texts.Select(text => (text, regex.IsMatch(text))), texts.Zip(inSql));
            },
            iter: 1_500, threads: 1);
    }

    [Theory]
    [InlineData("((a?){16}){#}", 16)]
    [InlineData("(([a-z]*){128}){#}", 2)]
    [InlineData("(.{1,64}){#}", 4)]
    [InlineData("((.|a){32}|x{64}){#}", 2)]
    [InlineData("(([^é]+)+){#}b?", 255)]
    public async Task The_largest_expression_is_none_too_complex_for_PostgreSQL(string pattern, int most)
    {
        await using var connection = await service.Database.OpenConnectionAsync();

        var largest = RegexSubset.ToPostgres(Of(most));
        await connection.ExecuteScalarAsync<bool>("select repeat('xyzab', 500) ~ @largest", new { largest });

        Assert.NotNull(largest);
        Assert.Null(RegexSubset.ToPostgres(Of(most + 1)));
        string Of(int times) => pattern.Replace("#", times.ToString(CultureInfo.InvariantCulture));
    }
}
