using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.Access.Members;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>Begins a session: the step that signing in and accepting an invitation share.</summary>
public sealed class BeginSession(
    NpgsqlDataSource database, MemberStore members, DescribeSession describe, AccountAudit audit, IOptions<AccessOptions> options,
    TimeProvider time)
{
    /// <summary>Begins a session for a person who has just created this account.</summary>
    /// <returns>The session with its token, which nothing shows again.</returns>
    public Task<Proto.Session> BeginAsync(Guid memberId, string address, CancellationToken ct) =>
        BeginAsync(memberId, address, _ => Task.CompletedTask, ct);

    /// <summary>Begins a session, unless the check throws.</summary>
    /// <param name="memberId">Whose session it is.</param>
    /// <param name="address">The client's network address.</param>
    /// <param name="check">Runs first in the transaction that stores the session.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <returns>The session with its token, which nothing shows again.</returns>
    public async Task<Proto.Session> BeginAsync(
        Guid memberId, string address, Func<NpgsqlTransaction, Task> check, CancellationToken ct)
    {
        var token = Secret.New(Secret.Session);
        var session = new SessionRow
        {
            SessionId = Guid.CreateVersion7(),
            TokenHash = Secret.Hash(token),
            MemberId = memberId,
            ExpiresAt = time.GetUtcNow().AddHours(options.Value.SessionHours),
        };
        await database.InTransactionAsync(
            async transaction =>
            {
                await check(transaction);
                await SessionStore.InsertAsync(transaction, session, ct);
                await audit.WriteAsync(transaction, "CreateSession", "session", memberId, address, siteId: null, ct);
            },
            ct);
        var answer = await describe.DescribeAsync((await members.FindAsync(memberId, ct))!, session, ct);
        answer.Token = token;
        return answer;
    }
}
