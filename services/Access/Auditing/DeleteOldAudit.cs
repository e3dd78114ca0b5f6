using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;

namespace Journeys.Access.Auditing;

/// <summary>Deletes expired rows of the audit log in batches.</summary>
public sealed class DeleteOldAudit(AuditStore store, IOptions<AuditOptions> options, TimeProvider time) : IChore
{
    const int Batch = 1_000;

    static readonly TimeSpan Every = TimeSpan.FromHours(1);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct) =>
        await store.DeleteOldAsync(time.GetUtcNow().AddDays(-options.Value.KeepDays), Batch, ct) == Batch ? TimeSpan.Zero : Every;
}
