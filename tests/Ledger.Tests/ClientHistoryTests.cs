namespace Journeys.Ledgers.Tests;

/// <summary>What a client wrote down is held against what is stored.</summary>
[Collection(SharedTown.Name)]
public sealed class ClientHistoryTests(Town town)
{
    const string Enroll = """ "call": "enroll", "site": "{shop}", "journeyId": "{tour}" """;
    const string Report = """ "call": "report", "site": "{shop}" """;
    const string Stop = """ "call": "stop", "site": "{shop}" """;
    const string Event = """ "call": "event", "site": "{shop}", "userId": "olga" """;

    [Fact]
    public async Task A_record_of_what_happened_gives_nothing() => await CheckAsync([], $$"""
        {"at": "2026-03-02T12:00:00Z", {{Enroll}}, "userId": "ada", "outcome": "ok", "enrollmentId": "{ada}", "requestId": "r1"}
        {"at": "2026-03-02T12:00:01Z", {{Enroll}}, "userId": "ada", "outcome": "ok", "enrollmentId": "{ada}", "requestId": "r1"}
        { {{Enroll}}, "anonymousId": "visitor-ida", "outcome": "ok", "enrollmentId": "{ida}"}
        { {{Enroll}}, "userId": "hal", "outcome": "ok"}
        { {{Enroll}}, "userId": "hal", "outcome": "unknown"}
        { {{Enroll}}, "userId": "ghost", "outcome": "unknown"}
        { {{Enroll}}, "userId": "ghost", "outcome": "failed"}
        { {{Report}}, "userId": "nat", "enrollmentId": "{nat}", "visitNo": 2, "result": "COMPLETED", "outcome": "ok"}
        { {{Report}}, "userId": "nat", "enrollmentId": "{nat}", "visitNo": 2, "result": "COMPLETED", "outcome": "failed"}
        { {{Report}}, "userId": "ada", "enrollmentId": "{ada}", "visitNo": 2, "result": "COMPLETED", "outcome": "unknown"}
        { {{Report}}, "userId": "reader-paused", "enrollmentId": "{reader-paused}", "visitNo": 2, "outcome": "held"}
        { {{Stop}}, "userId": "hal", "enrollmentId": "{hal before}", "outcome": "ok"}
        { {{Stop}}, "userId": "ada", "enrollmentId": "{ada}", "outcome": "unknown"}
        { {{Event}}, "eventId": "e-7", "outcome": "ok"}
        { {{Event}}, "eventId": "e-8", "outcome": "unknown"}
        {"call": "event", "site": "{club}", "userId": "quin", "eventId": "e-9", "outcome": "ok"}
        {"call": "erase", "site": "{club}", "userId": "quin", "outcome": "ok"}
        """);

    [Theory]
    [InlineData("Lost client calls: user=ghost journey={tour}", $$"""{ {{Enroll}}, "userId": "ghost", "outcome": "ok"}""")]
    [InlineData("Lost client calls: user=lea journey={tour}", $$"""{ {{Enroll}}, "userId": "lea", "outcome": "ok"}""")]
    [InlineData("Lost client calls: user=ada journey={tour} enrollment={bob}", $$"""{ {{Enroll}}, "userId": "ada", "outcome": "ok", "enrollmentId": "{bob}"}""")]
    [InlineData("Unexpected client calls: user=ada journey={tour}", $$"""{ {{Enroll}}, "userId": "ada", "outcome": "failed"}""")]
    [InlineData("Doubled client calls: user=hal journey={tour}", $$"""{ {{Enroll}}, "userId": "hal", "outcome": "ok"}""")]
    [InlineData(
        "Lost client calls: user=ada enrollment={ada} visit=2",
        $$"""{ {{Report}}, "userId": "ada", "enrollmentId": "{ada}", "visitNo": 2, "result": "COMPLETED", "outcome": "ok"}""")]
    [InlineData(
        "Lost client calls: user=ghost enrollment={nowhere} visit=2",
        $$"""{ {{Report}}, "userId": "ghost", "enrollmentId": "{nowhere}", "visitNo": 2, "result": "COMPLETED", "outcome": "ok"}""")]
    [InlineData(
        "Lost client calls: user=nat enrollment={nat} visit=2",
        $$"""{ {{Report}}, "userId": "nat", "enrollmentId": "{nat}", "visitNo": 2, "result": "SKIPPED", "outcome": "ok"}""")]
    [InlineData(
        "Doubled client calls: user=nat enrollment={nat} visit=2",
        $$"""
        { {{Report}}, "userId": "nat", "enrollmentId": "{nat}", "visitNo": 2, "result": "SKIPPED", "outcome": "ok"}
        { {{Report}}, "userId": "nat", "enrollmentId": "{nat}", "visitNo": 2, "result": "COMPLETED", "outcome": "ok"}
        """)]
    [InlineData(
        "Lost client calls: user=ada enrollment={ada} visit=2",
        $$"""{ {{Report}}, "userId": "ada", "enrollmentId": "{ada}", "visitNo": 2, "outcome": "held"}""")]
    [InlineData(
        "Unexpected client calls: user=nat enrollment={nat} visit=2",
        $$"""{ {{Report}}, "userId": "nat", "enrollmentId": "{nat}", "visitNo": 2, "outcome": "failed"}""")]
    [InlineData("Lost client calls: user=ada enrollment={ada}", $$"""{ {{Stop}}, "userId": "ada", "enrollmentId": "{ada}", "outcome": "ok"}""")]
    [InlineData("Unexpected client calls: user=hal enrollment={hal before}", $$"""{ {{Stop}}, "userId": "hal", "enrollmentId": "{hal before}", "outcome": "failed"}""")]
    [InlineData("Lost client calls: user=olga event=e-8", $$"""{ {{Event}}, "eventId": "e-8", "outcome": "ok"}""")]
    [InlineData("Unexpected client calls: user=olga event=e-7", $$"""{ {{Event}}, "eventId": "e-7", "outcome": "failed"}""")]
    public Task A_record_that_does_not_fit_is_found(string expected, string history) => CheckAsync([expected], history);

    [Fact]
    public Task An_event_that_is_stored_twice_is_found() => CheckAsync(
        ["Doubled client calls: user=olga event=e-7"],
        $$"""{ {{Event}}, "eventId": "e-7", "outcome": "ok"}""",
        """
        insert into enrollment.event (site_id, event_id, given_id, profile_id, name, occurred_at)
        select site_id, 'e-7-again', 'e-7', profile_id, name, occurred_at from enrollment.event where profile_id = '{olga's person}' and name = 'seen'
        """);

    [Theory]
    [InlineData("""{"call": "report", "site": "{shop}", "userId": "ada", "outcome": "ok"}""", "line 1 of the history lacks enrollmentId.")]
    [InlineData("""{"call": "dance", "site": "{shop}", "userId": "ada", "outcome": "ok"}""", "line 1 of the history is not a valid call")]
    [InlineData("""{"call": "enroll", "site": "{shop}", "journeyId": "{tour}", "outcome": "ok"}""", "line 1 of the history lacks userId or anonymousId.")]
    public async Task A_line_that_cannot_be_read_is_named(string line, string expected)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, town.Fill(line));

        var failure = await Assert.ThrowsAsync<CannotCheck>(async () =>
            await new Ledger(town.Options(await town.Unharmed) with { HistoryFile = file }).CheckAsync(CancellationToken.None));

        Assert.StartsWith(expected, failure.Message, StringComparison.Ordinal);
        File.Delete(file);
    }

    async Task CheckAsync(string[] expected, string history, string harm = "")
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, town.Fill(history));

        var copy = harm.Length == 0 ? await town.Unharmed : await town.CopyAsync(harm);
        var report = await new Ledger(town.Options(copy) with { HistoryFile = file }).CheckAsync(CancellationToken.None);

        Assert.Equal(expected.Select(town.Fill), report.Findings.Select(finding => $"{finding.Kind} {finding.Check}: {finding.Ids}"));
        Assert.Equal(history.Trim().Split('\n').Length, report.Checks.Single(check => check.Check == "client calls").Rows);
        File.Delete(file);
    }
}
