using Journeys.Enrollments.Enrollments;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>What one kind of job does with a chunk.</summary>
public interface IChunkWork
{
    /// <summary>The kind.</summary>
    Kind Kind { get; }

    /// <summary>Does a chunk, all or nothing.</summary>
    /// <param name="transaction">Commits with the answer.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="failure">Why the chunk failed with all of its people together, so that they are handled apart; null at the first try.</param>
    /// <param name="ct">Cancels the operation.</param>
    Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct);

    /// <summary>Prepares another try after a fault of somebody's row. False when the chunk cannot be done without them.</summary>
    Task<bool> PartAsync(Proto.ChunkRequested chunk, CancellationToken ct) => Task.FromResult(false);
}

/// <summary>What a chunk did.</summary>
/// <param name="Answer">For the Scheduler; <see cref="ProcessChunk"/> says which chunk it is about.</param>
/// <param name="Enrollments">Those that were touched, as they were saved.</param>
public sealed record ChunkResult(Proto.ChunkCompleted Answer, IReadOnlyList<Enrollment> Enrollments)
{
    /// <summary>The job fails.</summary>
    public static ChunkResult Failed(string error) => new(new() { Error = error }, []);

    /// <summary>Nothing was to be done, and nothing more is.</summary>
    public static ChunkResult Nothing() => new(new() { Last = true }, []);
}

/// <summary>Reads chunks.</summary>
static class Chunks
{
    // People who are inside may be at work: their calls wait for the chunk that has them locked.
    const int MostInside = 500;

    /// <summary>The site and the journey.</summary>
    public static (Guid SiteId, Guid JourneyId) Subject(this Proto.ChunkRequested chunk) => (Guid.Parse(chunk.SiteId), Guid.Parse(chunk.JourneyId));

    /// <summary>The profile behind which the chunk begins.</summary>
    public static Guid After(this Proto.ChunkRequested chunk) => chunk.Cursor.Length == 0 ? Guid.Empty : Guid.Parse(chunk.Cursor);

    /// <summary>How many people who are inside it may lock.</summary>
    public static int LimitInside(this Proto.ChunkRequested chunk) => Math.Min(chunk.Limit, MostInside);
}
