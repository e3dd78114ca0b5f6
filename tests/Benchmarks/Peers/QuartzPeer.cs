using System.Globalization;
using Npgsql;
using Quartz;

namespace Journeys.Benchmarks.Peers;

/// <summary>A trigger for each person, with Quartz.NET on PostgreSQL as a node of a cluster, which takes as many triggers in a batch as it has threads.</summary>
static class QuartzPeer
{
    const int Threads = 20;
    const string Person = "person";

    public static async Task RunAsync(Waits waits)
    {
        await using var factory = QuartzSchedulerBuilder.Create(quartz =>
        {
            quartz.UseDefaultThreadPool(Threads);
            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(NpgsqlFactory.Instance, waits.ConnectionString);
                store.UseClustering(_ => { });
                store.ProvisionSchema();
            });
        }).Build();
        var scheduler = await factory.GetScheduler();
        await scheduler.Start();

        waits.Due = DateTimeOffset.UtcNow.AddSeconds(20 + (waits.Count / 200));
        var job = JobBuilder.Create<StepJob>().WithIdentity("step").StoreDurably().Build();
        await scheduler.AddJob(job, new());
        foreach (var id in Enumerable.Range(1, waits.Count))
        {
            await scheduler.ScheduleJob(TriggerBuilder.Create()
                .ForJob(job)
                .UsingJobData(Person, id)
                .StartAt(waits.Due)
                .Build());
        }

        if (DateTimeOffset.UtcNow > waits.Due)
            throw new InvalidOperationException("The waits fell due before all were scheduled.");

        await TimersBenchmark.WaitUntilAsync(waits.Due);
        await waits.AllDoneAsync();
        await scheduler.Shutdown();
    }

    sealed class StepJob : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
            await Waits.StepAsync(Convert.ToInt32(context.MergedJobDataMap[Person], CultureInfo.InvariantCulture));
    }
}
