using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.Enrollments.Enrollments;
using Journeys.PopulationSimulation;
using Microsoft.Extensions.Options;
using Npgsql;
using Simulated = Journeys.Protos.Simulation.V1;

namespace Journeys.Enrollments.Simulations;

/// <summary>Runs queued simulations one at a time, on a thread with the lowest priority.</summary>
/// <remarks>
/// Only the progress is stored before the end. A worker that dies loses its lease, and another worker starts the
/// simulation again with the same result.
/// </remarks>
public sealed class RunSimulations(
    NpgsqlDataSource source, SimulationStore store, IOptions<SimulationOptions> options, Clock clock, ILogger<RunSimulations> logger) : IChore
{
    // Limits the tries, because a simulation that crashes its worker would otherwise crash all of them.
    const int MostTries = 3;
    const int PeopleAtOnce = 100;
    const int MostReportBytes = 4_000_000;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    static readonly TimeSpan BetweenNotes = TimeSpan.FromMilliseconds(250);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        if (await store.TakeAsync(FreshId.Make(), clock.Given, ct) is not { } taken)
            return Interval;

        Crash.At(CrashPoint.SimulationTaken);
        if (taken.Tries > MostTries)
            await FailAsync(taken, "INTERNAL", "The worker stopped three times before the simulation finished.", done: 0);
        else
            await RunAsync(taken, ct);
        return TimeSpan.Zero;
    }

    async Task RunAsync(SimulationRow taken, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var done = 0;
        var isTooLong = false;
        var work = new QuietThread<SimulationResult>(() => Simulator.Run(taken.ToInput(), progress: people => Volatile.Write(ref done, people), ct: stop.Token));

        try
        {
            while (await Task.WhenAny(work.Result, Task.Delay(BetweenNotes, CancellationToken.None)) != work.Result)
            {
                isTooLong |= work.ProcessorTime > TimeSpan.FromSeconds(options.Value.MaxSeconds);
                if (isTooLong || !await RenewAsync(taken, Volatile.Read(ref done)))
                    await stop.CancelAsync();
            }

            var result = await work.Result;
            Crash.At(CrashPoint.SimulationRun);
            if (result.Report.CalculateSize() > MostReportBytes)
                await FailAsync(taken, "SIMULATION_TOO_LARGE", "The report is too large. Choose a shorter horizon or a smaller journey.", done);
            else
                await source.InBackgroundAsync(transaction => CompleteAsync(transaction, taken, result), CancellationToken.None);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            if (isTooLong)
                await FailAsync(taken, "SIMULATION_TOO_LONG", $"It took more than {options.Value.MaxSeconds} seconds of processor time.", done);
            else
                await store.ReleaseAsync(taken, CancellationToken.None);
        }
        catch (SimulationTooLargeException exception)
        {
            await FailAsync(taken, "SIMULATION_TOO_LARGE", exception.Message, done);
        }
        catch (Exception exception) when (work.Result.IsFaulted)
        {
            logger.LogError(exception, "Simulation {SimulationId} of site {SiteId} failed", taken.SimulationId, taken.SiteId);
            await FailAsync(taken, "INTERNAL", "Something went wrong on our side.", done);
        }
        finally
        {
            // Stops the work if the lease can no longer be renewed.
            await stop.CancelAsync();
        }
    }

    // A transient failure does not end the simulation, because a worker that has lost the lease cannot store anything.
    async Task<bool> RenewAsync(SimulationRow taken, int done)
    {
        try
        {
            return await store.RenewAsync(taken, done, clock.Given, CancellationToken.None);
        }
        catch (Exception exception) when (Faults.Of(exception) == Fault.Passing)
        {
            logger.LogWarning(exception, "The lease of simulation {SimulationId} could not be renewed", taken.SimulationId);
            return true;
        }
    }

    Task FailAsync(SimulationRow taken, string reason, string error, int done) =>
        store.FailAsync(taken, reason, error, done, clock.Given, CancellationToken.None);

    async Task CompleteAsync(NpgsqlTransaction transaction, SimulationRow taken, SimulationResult result)
    {
        var ended = taken with
        {
            InputDigest = result.Report.InputDigest,
            ReportDigest = result.Digest,
            Passed = result.Passed,
            Summary = SummaryOf(result.Report).ToByteArray(),
        };
        if (!await SimulationStore.CompleteAsync(transaction, ended, result.Report.ToByteArray(), clock.Given, CancellationToken.None))
            return;
        foreach (var people in result.People.Chunk(PeopleAtOnce))
            await SimulatedPersonStore.AddAsync(transaction, ended, people, result.Report.Design.Findings, CancellationToken.None);
    }

    static Protos.Enrollment.V1.Simulation.Types.Summary SummaryOf(Simulated.SimulationReport report)
    {
        long Count(string status) => report.Design.Endings.Where(ending => ending.Status == status).Sum(ending => ending.Count);
        return new()
        {
            Entered = report.Design.Entered,
            Completed = Count(EnrollmentStatuses.Completed),
            Stopped = Count(EnrollmentStatuses.Stopped),
            Active = Count(EnrollmentStatuses.Active),
            Findings = report.Design.Findings.Count,
            Assertions = report.Assertions.Count,
            AssertionsFailed = report.Assertions.Count(assertion => !assertion.Passed),
            ChangedPeople = report.Comparison?.ChangedPeople ?? 0,
        };
    }
}
