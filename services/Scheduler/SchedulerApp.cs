using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.Copies;

namespace Journeys.Scheduling;

/// <summary>The Scheduler service: timers, sweeps and jobs.</summary>
public static class SchedulerApp
{
    /// <summary>Builds the service.</summary>
    /// <param name="args">Settings as `--Key=value`.</param>
    /// <param name="time">A clock to use instead of the machine's.</param>
    /// <param name="replace">Replaces services that reach outside, as in a simulation.</param>
    public static WebApplication Create(string[] args, TimeProvider? time = null, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ApplicationName = typeof(SchedulerApp).Assembly.GetName().Name });

        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddServiceDefaults("scheduler");
        builder.AddServiceListener();
        builder.AddPostgres(schema: "scheduler", migrations: typeof(SchedulerApp).Assembly);
        builder.AddCopy<JourneyCopy>(beforeServing: false);
        builder.AddMessaging(service: "scheduler", consumers: typeof(SchedulerApp).Assembly);

        builder.Services.AddSettings<SchedulerOptions>("Scheduler");
        builder.Services
            .AddSingleton<TimerStore>()
            .AddSingleton<TimerQueries>()
            .AddSingleton<TimerPublisher>()
            .AddSingleton<EnrollmentBacklog>()
            .AddSingleton<RepairStore>()
            .AddSingleton<JobStore>()
            .AddSingleton<WorkQueries>()
            .AddSingleton<CopyQueries>()
            .AddSingleton<ApplyJourneyChange>();
        builder.Services
            .AddLoop<SendDueTimers>(lanes: 2)
            .AddLoop<SendChunks>()
            .AddLoop<StartSweeps>()
            .AddLoop<ReleaseTimers>()
            .AddLoop<UnreadableRows>();

        replace?.Invoke(builder.Services);
        var app = builder.Build();

        app.MapGrpcService<SchedulerGrpcService>();
        app.MapServiceDefaults();

        return app;
    }
}
