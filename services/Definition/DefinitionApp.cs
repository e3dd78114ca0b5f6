using Journeys.BuildingBlocks;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Definitions;

/// <summary>The Definition service: what. Drafts, versions, audiences, lifecycle.</summary>
public static class DefinitionApp
{
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ApplicationName = typeof(DefinitionApp).Assembly.GetName().Name });

        builder.AddServiceDefaults("definition");
        builder.AddPostgres(schema: "definition", migrations: typeof(DefinitionApp).Assembly);
        builder.AddIdempotencyKeys(schema: "definition");
        builder.AddMessaging(service: "definition", consumers: typeof(DefinitionApp).Assembly);
        builder.AddServiceClient<EnrollmentService.EnrollmentServiceClient>("Enrollment");

        builder.Services
            .AddSingleton<JourneyStore>().AddSingleton<AudienceStore>().AddSingleton<Nudge>()
            .AddSingleton<CreateJourney>().AddSingleton<UpdateJourney>().AddSingleton<DeleteJourney>().AddSingleton<PublishJourney>()
            .AddSingleton<MoveJourney>().AddSingleton<CloneJourney>().AddSingleton<ExportJourney>().AddSingleton<ImportJourney>().AddSingleton<SaveAudience>();

        var app = builder.Build();

        app.MapGrpcService<JourneyGrpcService>();
        app.MapGrpcService<AudienceGrpcService>();
        app.MapServiceDefaults();

        return app;
    }
}
