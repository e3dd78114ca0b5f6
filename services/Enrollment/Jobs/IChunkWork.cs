using Journeys.Enrollments.Enrollments;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Processes the chunks of one kind of job.</summary>
public interface IChunkWork
{
    Kind Kind { get; }

    /// <summary>Processes a chunk, all or nothing.</summary>
    /// <param name="transaction">The transaction, which commits together with the answer.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="failure">The error of the first attempt, after which people are processed in parts; null for the
    /// first attempt.</param>
    /// <param name="ct">Cancels the operation.</param>
    Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct);

    /// <summary>
    /// Prepares another attempt after a fault of one row. Returns false if the chunk cannot be processed without that
    /// row.
    /// </summary>
    Task<bool> PartAsync(Proto.ChunkRequested chunk, CancellationToken ct) => Task.FromResult(false);
}

/// <summary>The result of a chunk.</summary>
/// <param name="Answer">The answer for the Scheduler; <see cref="ProcessChunk"/> adds the job and the chunk.</param>
/// <param name="Enrollments">The changed enrollments, as saved.</param>
public sealed record ChunkResult(Proto.ChunkCompleted Answer, IReadOnlyList<Enrollment> Enrollments)
{
    /// <summary>The result that fails the job.</summary>
    public static ChunkResult Failed(string error) => new(new() { Error = error }, []);

    /// <summary>The result of a job that has nothing to do.</summary>
    public static ChunkResult Nothing() => new(new() { Last = true }, []);
}

/// <summary>Reads the fields of chunks.</summary>
static class Chunks
{
    // Small, because calls of people whose enrollments the chunk has locked wait for it.
    const int MostInside = 500;

    /// <summary>Returns the site and the journey.</summary>
    public static (Guid SiteId, Guid JourneyId) Subject(this Proto.ChunkRequested chunk) => (Guid.Parse(chunk.SiteId), Guid.Parse(chunk.JourneyId));

    /// <summary>Returns the profile after which the chunk begins.</summary>
    public static Guid After(this Proto.ChunkRequested chunk) => chunk.Cursor.Length == 0 ? Guid.Empty : Guid.Parse(chunk.Cursor);

    /// <summary>Returns the maximum number of enrollments that the chunk may lock.</summary>
    public static int LimitInside(this Proto.ChunkRequested chunk) => Math.Min(chunk.Limit, MostInside);
}
