using Journeys.BuildingBlocks;
using Journeys.Gateways;

if (args is [ResetCommand.Verb, var email, .. var settings])
    return await ResetCommand.RunAsync(email, settings, Console.Out);

if (args is [RemoveAuthenticatorCommand.Verb, var owner, .. var its])
    return await RemoveAuthenticatorCommand.RunAsync(owner, its);

return await ServiceHost.RunAsync("journeys-gateway", () => GatewayApp.Create(args));
