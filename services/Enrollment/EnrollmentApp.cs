using Journeys.BuildingBlocks;
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
        builder.Services.AddSettings<AudienceOptions>("Audiences");
        builder.Services
            .AddSingleton<Clock>().AddSingleton<SetAside>().AddSingleton<SetAsideStore>().AddSingleton<HealEnrollment>()
            .AddSingleton<JourneyStore>().AddSingleton<JourneyCatalog>().AddSingleton<ApplyJourneyChange>().AddSingleton<RequireJourney>()
            .AddSingleton<PersonFacts>().AddSingleton<MoveEnrollments>().AddSingleton<MergeEnrollments>().AddSingleton<IdentifyPerson>()
            .AddSingleton<RecordEvents>().AddSingleton<AudienceMembers>().AddSingleton<UserQueries>().AddSingleton<UserListStore>()
            .AddSingleton<EnrollmentLoader>().AddSingleton<EnrollmentWriter>().AddSingleton<AdvanceEnrollments>().AddSingleton<AfterCommit>().AddSingleton<EnrollPeople>()
            .AddSingleton<EnrollUsers>().AddSingleton<StopEnrollment>().AddSingleton<EnrollmentQueries>().AddSingleton<AnalyticsStore>()
            .AddSingleton<CountEnrollments>().AddSingleton<EnterJourney>().AddSingleton<ReportProgress>().AddSingleton<WatchPerson>()
            .AddSingleton<Positions>().AddSingleton<ProcessChunk>().AddSingleton<ArchiveEnrollments>().AddSingleton<ReleasesUnderWay>().AddSingleton<EraseUser>().AddSingleton<ExportUser>().AddSingleton<EnrollmentDetails>().AddSingleton<ExplainUser>();
        builder.Services
            .AddLoop<PositionSubscriptions>().AddLoop<Watchdog>().AddLoop<FoldTallies>().AddLoop<StartErasures>().AddLoop<FinishArchiving>()
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
