using System.Text.RegularExpressions;
using Journeys.Testing;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>
/// Scripts keep no call waiting and take nothing away that the release before uses (docs/adr/0011): what they do to a table that an earlier script
/// made is read here.
/// </summary>
public sealed class MigrationRuleTests
{
    // Older than the first release, when there were no rows to wait for. A script on main is never changed.
    static readonly HashSet<string> BeforeTheRule =
    [
        "Definition/0002_tell_requests_apart_by_call.sql",
        "Definition/0006_call_by_key.sql",
        "Definition/0008_pause_for_a_reason_and_a_time.sql",
        "Enrollment/0005_count_moves.sql",
        "Enrollment/0008_find_overdue_waits_by_journey.sql",
        "Enrollment/0011_number_attempts_once.sql",
        "Enrollment/0022_call_lists_by_key.sql",
        "Scheduler/0003_find_parked_timers_by_enrollment.sql",
        "Scheduler/0004_let_jobs_take_turns.sql",
        "Scheduler/0012_stop_people_at_a_rate.sql",
        "Access/0002_add_invitations_identities_and_resets.sql",
    ];

    static readonly (Regex Statement, string Advice)[] Rules =
    [
        (new(@"^create (unique )?index (if not exists )?\S+ on (only )?(?<table>\S+)"), "make the index concurrently, in a script of its own"),
        (new(@"^alter table (if exists )?(?<table>\S+) .*\badd (constraint \S+ )?(unique|primary key)\b(?! using index)"),
            "make a unique index concurrently first, and add the constraint using it"),
        (new(@"^alter table (if exists )?(?<table>\S+) .*\badd constraint\b(?!.*(\bnot valid$|\busing index\b))"),
            "add the constraint not valid, and validate it in a script of its own"),
        (new(@"^alter table (if exists )?(?<table>\S+) .*\bset not null\b"), "add a check that is not valid, validate it in a script of its own, then set it"),
        (new(@"^alter table (if exists )?(?<table>\S+) .*\balter (column )?\S+ (set data )?type\b"), "add another column"),
        (new(@"^alter table (if exists )?(?<table>\S+) .*\b(drop column|rename)\b"), "the release before still uses it"),
        (new(@"^drop table (if exists )?(?<table>\S+)"), "the release before still uses it"),
    ];

    [Fact]
    public void No_script_keeps_calls_waiting_or_takes_away_what_the_release_before_uses()
    {
        var faults = new List<(string Script, string Fault)>();
        foreach (var service in (string[])["Definition", "Enrollment", "Scheduler", "Access"])
        {
            var scripts = Directory.GetFiles(RepoRoot.Under($"services/{service}/Migrations"), "*.sql").Order(StringComparer.Ordinal).ToList();
            Assert.NotEmpty(scripts);
            faults.AddRange(scripts.SelectMany(file => FaultsOf(File.ReadAllText(file)).Select(fault => ($"{service}/{Path.GetFileName(file)}", fault))));
        }

        Assert.DoesNotContain(faults, each => !BeforeTheRule.Contains(each.Script));
        Assert.Equal(BeforeTheRule.Order(StringComparer.Ordinal), faults.Select(each => each.Script).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("create index a_b on s.a (b);", 1)]
    [InlineData("create unique index if not exists a_b\n  on s.a (b)", 1)]
    [InlineData("-- concurrently\ncreate index concurrently if not exists a_b on s.a (b);", 0)]
    [InlineData("create table s.a (b int not null); create index on_new on s.a (b); alter table s.a add constraint a_check check (b > 0);", 0)]
    [InlineData("alter table s.a add constraint a_check check (b > 0);", 1)]
    [InlineData("alter table s.a add constraint a_check check (b > 0) not valid;", 0)]
    [InlineData("alter table s.a add constraint a_check check (b > 0) not valid; alter table s.a validate constraint a_check;", 1)]
    [InlineData("alter table s.a validate constraint a_check;", 0)]
    [InlineData("alter table s.a add constraint a_key unique (b);", 2)]
    [InlineData("alter table s.a add constraint a_key unique using index a_b;", 0)]
    [InlineData("alter table s.a add column c text, alter column b set not null;", 1)]
    [InlineData("ALTER TABLE s.a ALTER COLUMN b TYPE bigint;", 1)]
    [InlineData("alter table s.a rename column b to c; alter table s.a drop column b; drop table s.b;", 3)]
    [InlineData("-- drop table s.a;\nalter table s.a add column c text not null default '' check (c <> 'x');", 0)]
    [InlineData("create function s.f() returns trigger as $$ begin drop table s.a; end $$ language plpgsql;", 0)]
    public void Each_rule_is_seen(string script, int faults) => Assert.Equal(faults, FaultsOf(script).Count());

    static IEnumerable<string> FaultsOf(string script)
    {
        var text = Regex.Replace(Regex.Replace(script, "--[^\n]*", ""), @"\$(\w*)\$.*?\$\1\$", "''", RegexOptions.Singleline);
        var statements = text.Split(';').Select(each => Regex.Replace(each, @"\s+", " ").Trim().ToLowerInvariant()).Where(each => each.Length > 0).ToList();
        var own = statements.Select(each => Regex.Match(each, @"^create (unlogged )?table (if not exists )?(?<table>\S+)"))
            .Where(match => match.Success).Select(match => match.Groups["table"].Value).ToHashSet(StringComparer.Ordinal);
        foreach (var statement in statements)
        {
            foreach (var (pattern, advice) in Rules)
            {
                if (pattern.Match(statement) is { Success: true } match && !own.Contains(match.Groups["table"].Value))
                    yield return $"{statement}: {advice}";
            }

            // A script is one transaction, so it would look through the rows under the lock of whatever else it does.
            if (statements.Count > 1 && statement.Contains(" validate constraint ", StringComparison.Ordinal))
                yield return $"{statement}: validate in a script of its own";
        }
    }
}
