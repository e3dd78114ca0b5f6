using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Requests;
using Journeys.Copies;
using Journeys.Enrollments.Analytics;
using Journeys.Enrollments.Api;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.DeadLetters;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Erasure;
using Journeys.Enrollments.Explain;
using Journeys.Enrollments.Ingestion;
using Journeys.Enrollments.Jobs;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Lists;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Journeys.Enrollments.Sdk;
using Journeys.Enrollments.Simulations;
using Journeys.Enrollments.Stops;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments;

/// <summary>The Enrollment service: people, their progress and the evaluation of rules.</summary>
public static class EnrollmentApp
{
    /// <summary>Builds the service.</summary>
    /// <param name="args">Settings as `--Key=value`.</param>
    /// <param name="time">A clock to use instead of the machine's.</param>
    /// <param name="replace">Replaces services that reach outside, as in a simulation.</param>
    public static WebApplication Create(string[] args, TimeProvider? time = null, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ApplicationName = typeof(EnrollmentApp).Assembly.GetName().Name });

        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddServiceDefaults("enrollment");
        builder.AddServiceListener();
        builder.AddPostgres(schema: "enrollment", migrations: typeof(EnrollmentApp).Assembly);
        builder.AddIdempotencyKeys(schema: "enrollment");
        builder.AddCopy<JourneyCopy>(beforeServing: true);
        // Messages for programs outside; no service here consumes them.
        builder.AddMessaging(
            service: "enrollment", consumers: typeof(EnrollmentApp).Assembly,
            typeof(EnrollmentStarted), typeof(EnrollmentCompleted), typeof(EnrollmentStopped), typeof(EnrollmentArchived),
            typeof(ProfileMerged));
        builder.AddServiceClient<JourneyService.JourneyServiceClient>("Definition");
        builder.AddServiceClient<SchedulerService.SchedulerServiceClient>("Scheduler");
        builder.AddDeadLetters("Definition", "Scheduler");

        builder.Services.AddSettings<EnrollmentQuotas>("Quotas");
        builder.Services.AddSettings<CatalogOptions>("Catalog");
        builder.Services.AddSettings<AudienceOptions>("Audiences");
        builder.Services.AddSettings<RuleOptions>("Rules");
        builder.Services.AddSettings<SimulationOptions>("Simulation");
        AddUseCases(builder.Services);
        AddLoops(builder.Services);

        replace?.Invoke(builder.Services);
        var app = builder.Build();

        app.MapGrpcService<EnrollmentGrpcService>();
        app.MapGrpcService<StopGrpcService>();
        app.MapGrpcService<SdkGrpcService>();
        app.MapGrpcService<ProfileGrpcService>();
        app.MapGrpcService<UserListGrpcService>();
        app.MapGrpcService<SimulationGrpcService>();
        app.MapGrpcService<DeadLetterGrpcService>();
        app.MapServiceDefaults();

        return app;
    }

    static void AddUseCases(IServiceCollection services)
    {
        services.AddSingleton<Clock>();
        services.AddSingleton<IKeyed, FindByKey>();
        // Journeys
        services.AddSingleton<JourneyStore>().AddSingleton<CopyQueries>().AddSingleton<JourneyCatalog>()
            .AddSingleton<ApplyJourneyChange>().AddSingleton<MoveQueries>().AddSingleton<RequireJourney>();
        // Profiles, Audiences, Lists
        services.AddSingleton<RuleEffort>().AddSingleton<DatabasePace>().AddSingleton<PersonFacts>().AddSingleton<UserQueries>()
            .AddSingleton<AudienceQueries>().AddSingleton<PreviewAudience>()
            .AddSingleton<UserListStore>().AddSingleton<CreateUserList>().AddSingleton<UpdateUserList>().AddSingleton<ChangeMembers>();
        // Enrollments
        services.AddSingleton<EnrollmentLoader>().AddSingleton<EnrollmentWriter>().AddSingleton<EnrollmentQueries>().AddSingleton<ResumeQueries>().AddSingleton<AfterCommit>()
            .AddSingleton<EnrollPeople>().AddSingleton<EnrollUsers>().AddSingleton<StopEnrollment>().AddSingleton<ArchiveEnrollments>()
            .AddSingleton<EnrollmentDetails>().AddSingleton<SetAside>().AddSingleton<SetAsideStore>();
        // Progression, Repair
        services.AddSingleton<SlowSites>().AddSingleton<AdvanceEnrollments>().AddSingleton<MoveEnrollments>().AddSingleton<MergeEnrollments>()
            .AddSingleton<SchedulerWork>().AddSingleton<CountLate>().AddSingleton<HealEnrollment>().AddSingleton<RepairQueries>()
            .AddSingleton<RetryEnrollment>().AddSingleton<SetFaultyAside>().AddSingleton<GuardCall>();
        // Ingestion, Erasure, Explain, Analytics
        services.AddSingleton<IdentifyPerson>().AddSingleton<RecordEvents>().AddSingleton<EraseUser>().AddSingleton<RedactOutbox>()
            .AddSingleton<ExportUser>().AddSingleton<ExplainUser>().AddSingleton<AnalyticsStore>().AddSingleton<CountEnrollments>()
            .AddSingleton<ResponseQueries>().AddSingleton<SummarizeResponses>();
        // Sdk
        services.AddSingleton<EnterJourney>().AddSingleton<ReportProgress>().AddSingleton<ReportShown>().AddSingleton<ReportsTogether>().AddSingleton<WatchPerson>().AddSingleton<Positions>();
        // Simulations
        services.AddSingleton<SimulationStore>().AddSingleton<SimulatedPersonStore>().AddSingleton<FindDesigns>().AddSingleton<CreateSimulation>();
        // Stops
        services.AddSingleton<SelectionQueries>().AddSingleton<CreateStop>();
        // Jobs
        services.AddSingleton<ProcessChunk>().AddSingleton<EnrollInChunk>().AddSingleton<IChunkWork, SweepAudience>().AddSingleton<IChunkWork, EnrollList>()
            .AddSingleton<IChunkWork, ArchiveJourney>().AddSingleton<IChunkWork, ReleaseHeldSignals>().AddSingleton<IChunkWork, EraseRows>()
            .AddSingleton<IChunkWork, StopPeople>();
    }

    static void AddLoops(IServiceCollection services) => services
        .AddLoop<PositionSubscriptions>().AddLoop<Watchdog>().AddLoop<FoldTallies>().AddLoop<CountOldReports>().AddLoop<StartErasures>().AddLoop<FinishRedactions>().AddLoop<FinishArchiving>().AddLoop<FindOwners>()
        .AddLoop<ForgetChunks>().AddLoop<RetrySetAside>().AddLoop<WaitsMeter>().AddLoop<RunSimulations>().AddLoop<ForgetSimulations>();
}
