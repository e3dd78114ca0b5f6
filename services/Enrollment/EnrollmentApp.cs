using Journeys.BuildingBlocks;
using Journeys.Copies;
using Journeys.Enrollments.Aside;
using Journeys.Enrollments.DeadLetters;
using Journeys.Enrollments.Jobs;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Lists;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Sdk;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments;

/// <summary>The Enrollment service: who and where. People, their progress, rules.</summary>
public static class EnrollmentApp
{
    /// <summary>Builds the service.</summary>
    /// <param name="args">Settings as `--Key=value`.</param>
    /// <param name="time">A clock other than the machine's.</param>
    public static WebApplication Create(string[] args, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ApplicationName = typeof(EnrollmentApp).Assembly.GetName().Name });

        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddServiceDefaults("enrollment");
        builder.AddServiceListener();
        builder.AddPostgres(schema: "enrollment", migrations: typeof(EnrollmentApp).Assembly);
        builder.AddIdempotencyKeys(schema: "enrollment");
        builder.AddCopy<JourneyCopy>(beforeServing: true);
        // Facts for programs outside; nobody here needs them.
        builder.AddMessaging(
            service: "enrollment", consumers: typeof(EnrollmentApp).Assembly,
            typeof(EnrollmentStarted), typeof(EnrollmentCompleted), typeof(EnrollmentStopped), typeof(EnrollmentArchived),
            typeof(ProfileMerged));
        builder.AddServiceClient<JourneyService.JourneyServiceClient>("Definition");
        builder.AddServiceClient<SchedulerService.SchedulerServiceClient>("Scheduler");
        builder.AddDeadLetters("Definition", "Scheduler");

        builder.Services.AddSettings<EnrollmentQuotas>("Quotas");
        builder.Services.AddSettings<CatalogOptions>("Catalog");
        builder.Services
            .AddSingleton<Clock>().AddSingleton<SetAside>().AddSingleton<SetAsideStore>().AddSingleton<HealEnrollment>()
            .AddSingleton<JourneyStore>().AddSingleton<JourneyCatalog>().AddSingleton<ApplyJourneyChange>().AddSingleton<RequireJourney>()
            .AddSingleton<PersonReader>().AddSingleton<MovePerson>().AddSingleton<JoinRuns>().AddSingleton<IdentifyPerson>()
            .AddSingleton<RecordEvents>().AddSingleton<AudienceStore>().AddSingleton<UserQueries>().AddSingleton<UserListStore>()
            .AddSingleton<RunReader>().AddSingleton<RunStore>().AddSingleton<AdvanceEnrollments>().AddSingleton<EnrollPeople>()
            .AddSingleton<EnrollUsers>().AddSingleton<StopEnrollment>().AddSingleton<EnrollmentQueries>().AddSingleton<AnalyticsStore>()
            .AddSingleton<CountPeople>().AddSingleton<EnterJourney>().AddSingleton<ReportProgress>().AddSingleton<WatchPerson>()
            .AddSingleton<Positions>().AddSingleton<RunChunk>().AddSingleton<ArchivePeople>().AddSingleton<ReleasesUnderWay>().AddSingleton<EraseUser>().AddSingleton<ExportUser>().AddSingleton<EnrollmentDetails>().AddSingleton<ExplainUser>();
        builder.Services
            .AddLoop<Watchers>().AddLoop<Watchdog>().AddLoop<FoldStatistics>().AddLoop<StartErasures>().AddLoop<FinishArchiving>()
            .AddLoop<ForgetChunks>().AddLoop<RetrySetAside>().AddLoop<WaitsMeter>();

        var app = builder.Build();

        app.MapGrpcService<EnrollmentGrpcService>();
        app.MapGrpcService<SdkGrpcService>();
        app.MapGrpcService<ProfileGrpcService>();
        app.MapGrpcService<UserListGrpcService>();
        app.MapGrpcService<DeadLetterGrpcService>();
        app.MapServiceDefaults();

        return app;
    }
}
