using Journeys.Ledgers.Checks;

namespace Journeys.Ledgers.Clients;

/// <summary>
/// The answers that clients received are true: acknowledged actions happened, refused ones did not, and unknown ones
/// happened at most once.
/// </summary>
/// <remarks>
/// The record must be complete for the people that it names, because calls for them that it does not contain look like
/// defects.
/// </remarks>
public sealed class ClientCalls(IReadOnlyList<ClientCall> calls) : ICheck
{
    const string Check = "client calls";
    const int Batch = 5_000;

    public IReadOnlyList<string> Names => [Check];

    // An answer is sent after the commit.
    public bool Settles => false;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        var own = calls.Where(call => look.Options.SiteId is null || call.Site == look.Options.SiteId).ToList();
        look.Saw(Check, own.Count);
        var erased = own.Where(call => call is { Call: ClientAction.Erase, Outcome: not ClientOutcome.Failed }).Select(call => (call.Site, call.UserId)).ToHashSet();
        var living = own.Where(call => call.Call != ClientAction.Erase && !erased.Contains((call.Site, call.UserId))).ToLookup(call => call.Call);

        await EnrollCalls.CheckAsync(look, [.. living[ClientAction.Enroll]], ct);
        foreach (var some in living[ClientAction.Report].GroupBy(call => (call.Site, call.EnrollmentId, call.VisitNo)).Chunk(Batch))
            await ReportCalls.CheckAsync(look, some, ct);
        foreach (var some in living[ClientAction.Stop].GroupBy(call => (call.Site, call.EnrollmentId)).Chunk(Batch))
            await StopCalls.CheckAsync(look, some, ct);
        foreach (var some in living[ClientAction.Event].GroupBy(call => (call.Site, call.UserId, call.AnonymousId, call.EventId)).Chunk(Batch))
            await EventCalls.CheckAsync(look, some, ct);
    }

    /// <summary>Records a finding about the answer to a client.</summary>
    public static void Found(Look look, FindingKind kind, Guid siteId, string ids, string what) => look.Found(new Finding(Check, kind, siteId, ids, what));

    /// <summary>Returns the name of a person in findings.</summary>
    public static string Person(ClientCall call) => call.UserId.Length > 0 ? $"user={call.UserId}" : $"visitor={call.AnonymousId}";
}
