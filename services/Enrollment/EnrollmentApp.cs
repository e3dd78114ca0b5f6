using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Requests;
using Journeys.Copies;
using Journeys.Enrollments.Api;
using Journeys.Enrollments.DeadLetters;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Lists;
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
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { Args = args, ApplicationName = typeof(EnrollmentApp).Assembly.GetName().Name });

        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddServiceDefaults("enrollment");
        builder.AddServiceListener();
        builder.AddPostgres(schema: "enrollment", migrations: typeof(EnrollmentApp).Assembly);
        builder.AddIdempotencyKeys(schema: "enrollment");
        builder.AddCopy<JourneyCopy>(beforeServing: true);
        // Messages for programs outside; no service here consumes them.
        builder.AddMessaging(
            service: "enrollment", consumers: typeof(EnrollmentApp).Assembly,
            typeof(EnrollmentStarted), typeof(EnrollmentContinued), typeof(EnrollmentCompleted), typeof(EnrollmentStopped),
            typeof(EnrollmentArchived), typeof(ProfileMerged));
        builder.AddServiceClient<JourneyService.JourneyServiceClient>("Definition");
        builder.AddServiceClient<SchedulerService.SchedulerServiceClient>("Scheduler");
        builder.AddDeadLetters("Definition", "Scheduler");

        builder.Services.AddSettings<EnrollmentQuotas>("Quotas");
        builder.Services.AddSettings<CatalogOptions>("Catalog");
        builder.Services.AddSettings<AudienceOptions>("Audiences");
        builder.Services.AddSettings<RuleOptions>("Rules");
        builder.Services.AddSettings<SimulationOptions>("Simulation");
        builder.Services.AddEnrollment();

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
}
