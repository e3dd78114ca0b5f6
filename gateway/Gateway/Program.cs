using Journeys.BuildingBlocks;
using Journeys.Gateways;

return args is [ResetCommand.Verb, var email, .. var settings]
    ? await ResetCommand.RunAsync(email, settings, Console.Out)
    : await ServiceHost.RunAsync("journeys-gateway", () => GatewayApp.Create(args));
