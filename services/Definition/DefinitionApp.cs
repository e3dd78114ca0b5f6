using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Api;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Editing;
using Journeys.Definitions.Journeys;
using Journeys.Definitions.Lifecycle;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Definitions;

/// <summary>The Definition service: drafts, versions, audiences and the lifecycle of journeys.</summary>
public static class DefinitionApp
{
    /// <summary>Builds the service.</summary>
    /// <param name="args">Settings as `--Key=value`.</param>
    /// <param name="time">A clock to use instead of the machine's.</param>
    /// <param name="replace">Replaces services that reach outside, as in a simulation.</param>
    public static WebApplication Create(string[] args, TimeProvider? time = null, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ApplicationName = typeof(DefinitionApp).Assembly.GetName().Name });

        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddServiceDefaults("definition");
        builder.AddServiceListener();
        builder.AddPostgres(schema: "definition", migrations: typeof(DefinitionApp).Assembly);
        builder.AddIdempotencyKeys(schema: "definition");
        builder.AddMessaging(service: "definition", consumers: typeof(DefinitionApp).Assembly);
        builder.AddServiceClient<EnrollmentService.EnrollmentServiceClient>("Enrollment");

        builder.Services.AddSettings<DefinitionQuotas>("Quotas");
        builder.Services.AddStores();
        builder.Services.AddChanges();
        builder.Services.AddEditing();
        builder.Services.AddLifecycle();

        replace?.Invoke(builder.Services);
        var app = builder.Build();

        app.MapGrpcService<JourneyGrpcService>();
        app.MapGrpcService<AudienceGrpcService>();
        app.MapGrpcService<SiteHaltGrpcService>();
        app.MapGrpcService<ChangeGrpcService>();
        app.MapServiceDefaults();

        return app;
    }

    static void AddStores(this IServiceCollection services) => services
        .AddSingleton<JourneyStore>()
        .AddSingleton<AudienceStore>()
        .AddSingleton<IKeyed, KeyStore>();

    static void AddChanges(this IServiceCollection services) => services
        .AddSingleton<ChangeStore>()
        .AddSingleton<ChangeMessages>()
        .AddSingleton<Nudge>()
        .AddSingleton<AudienceNews>()
        .AddLoop<TellEnrollment>();

    static void AddEditing(this IServiceCollection services) => services
        .AddSingleton<CreateJourney>()
        .AddSingleton<UpdateJourney>()
        .AddSingleton<DeleteJourney>()
        .AddSingleton<CloneJourney>()
        .AddSingleton<ExportJourney>()
        .AddSingleton<ImportJourney>()
        .AddSingleton<NewAudience>()
        .AddSingleton<CreateAudience>()
        .AddSingleton<UpdateAudience>()
        .AddSingleton<DeleteAudience>();

    static void AddLifecycle(this IServiceCollection services) => services
        .AddSingleton<PublishJourney>()
        .AddSingleton<MakeMove>()
        .AddSingleton<PauseJourney>()
        .AddSingleton<UpdatePause>()
        .AddSingleton<ResumeJourney>()
        .AddSingleton<ArchiveJourney>()
        .AddSingleton<RestoreJourney>()
        .AddSingleton<ChangeHalt>()
        .AddSingleton<HaltSite>()
        .AddSingleton<ResumeSite>()
        .AddLoop<ResumeDueJourneys>();
}
