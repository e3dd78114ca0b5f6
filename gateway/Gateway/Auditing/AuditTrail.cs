using Google.Protobuf;
using Grpc.Core;
using Journeys.Access;
using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Gateways.Problems;
using Journeys.Gateways.Routing;

namespace Journeys.Gateways.Auditing;

/// <summary>Records every call that changes data before it is made, and its outcome afterwards.</summary>
/// <remarks>
/// A call whose row cannot be written is not made. A row whose outcome is unknown or cannot be written stays PENDING,
/// because the call may have done its work.
/// </remarks>
public sealed class AuditTrail(AuditStore store, AuditPseudonyms pseudonyms, SiteGate gate, TimeProvider time, ILogger<AuditTrail> logger)
{
    // Time limit for the outcome, which is written even if the client has disconnected or has its answer.
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <returns>The row; null when such a call is not recorded.</returns>
    public async Task<AuditRow?> BeginAsync(HttpContext context, Rpc rpc, Admitted? admitted, IMessage? request)
    {
        if (rpc.Target is not { } target || admitted is null)
            return null;

        var siteId = admitted.Caller.SiteId;
        var targetId = target.IdIn(request);
        var row = new AuditRow
        {
            AuditId = Guid.CreateVersion7(),
            SiteId = siteId,
            At = time.GetUtcNow(),
            ActorKind = admitted.Key is null ? ActorKinds.Member : ActorKinds.Key,
            ActorId = admitted.Caller.Subject,
            ActorName = admitted.Key?.Name ?? admitted.Email,
            Action = rpc.Method.Name,
            TargetKind = target.Kind,
            TargetId = target.IsErasure ? pseudonyms.Of(siteId, targetId) : Clean(targetId),
            Address = ClientAddress.Of(context),
            Request = request is null ? null : AuditFacts.OfRequest(request, target.Field),
        };
        await WriteBeginAsync(context, row, target.IsErasure ? Clean(targetId) : null);
        Crash.At(CrashPoint.AuditBegun);
        return row;
    }

    async Task WriteBeginAsync(HttpContext context, AuditRow row, string? erasedId)
    {
        using var limit = CallTime.Of(context).LimitTo(context.RequestAborted);
        try
        {
            using var turn = await gate.EnterAsync(row.SiteId, limit.Token);
            // A database that hangs throws no error: without the limit a call would wait as long as the driver does.
            await store.BeginAsync(row, erasedId, limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new GatewayError(StatusCode.Unavailable, "TRY_AGAIN", "The audit log could not be written in time, so nothing was done. Try again.");
        }
    }

    /// <summary>
    /// Writes the outcome of a call. Returns when it is written, or when the call has no time left to wait.
    /// </summary>
    /// <param name="context">The call.</param>
    /// <param name="row">The row from <see cref="BeginAsync"/>.</param>
    /// <param name="rpc">The rpc that was called.</param>
    /// <param name="problem">The problem of the call; null when it succeeded.</param>
    /// <param name="answer">The message of the answer; null when there is none.</param>
    public async Task EndAsync(HttpContext context, AuditRow row, Rpc rpc, Problem? problem, IMessage? answer)
    {
        Crash.At(CrashPoint.AuditedCallMade);
        var outcome = problem is null ? AuditRow.Ok : IsRefusal(problem.Code) ? AuditRow.Failed : AuditRow.Pending;
        var created = answer is null ? "" : rpc.Target!.IdInAnswer(answer);
        var ended = row with
        {
            Outcome = outcome,
            Reason = problem?.Reason ?? "",
            EndedAt = time.GetUtcNow(),
            TargetId = created.Length > 0 ? created : TargetAfter(row, problem),
            After = answer is null || rpc.Reads ? null : AuditFacts.OfAnswer(answer),
        };
        try
        {
            await WriteEndAsync(ended).WaitAsync(CallTime.Of(context).Left);
        }
        catch (TimeoutException)
        {
            // The caller has waited long enough; the outcome is still written to the row.
        }
    }

    async Task WriteEndAsync(AuditRow ended)
    {
        try
        {
            using var over = new CancellationTokenSource(Longest);
            await store.EndAsync(ended, over.Token);
        }
        catch (Exception exception)
        {
            logger.LogError(
                exception, "The outcome {Outcome} of {Action} was not written to row {AuditId} of the audit log", ended.Outcome, ended.Action, ended.AuditId);
        }
    }

    // An unknown person may have been erased, so the audit log does not store the id either.
    string TargetAfter(AuditRow row, Problem? problem) =>
        row.TargetKind == AuditTarget.User && problem?.Code == StatusCode.NotFound && row.TargetId.Length > 0 && row.Action != "EraseUser"
            ? pseudonyms.Of(row.SiteId, row.TargetId)
            : row.TargetId;

    // After any other code the service may have done its work.
    static bool IsRefusal(StatusCode code) => code is
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange or StatusCode.Unauthenticated or StatusCode.PermissionDenied
        or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.Aborted or StatusCode.ResourceExhausted or StatusCode.Unimplemented;

    // A request that is refused later can contain text of any size, and characters that PostgreSQL cannot store.
    static string Clean(string id) => id.Length <= 256 && !id.Any(char.IsControl) && FreeText.IsWellFormed(id) ? id : "";
}
