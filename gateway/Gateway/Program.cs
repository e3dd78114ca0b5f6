using Journeys.BuildingBlocks;
using Journeys.Gateways;

if (args is [ResetCommand.Verb, var email, .. var settings])
    return await ResetCommand.RunAsync(email, settings, Console.Out);

return await ServiceHost.RunAsync("journeys-gateway", () => GatewayApp.Create(args));
