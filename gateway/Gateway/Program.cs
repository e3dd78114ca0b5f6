using Journeys.Access;
using Journeys.BuildingBlocks;
using Journeys.Gateways;

if (args is [ResetCommand.Verb, var email, .. var settings])
{
    await using var app = GatewayApp.Create(settings);
    return await app.Services.GetRequiredService<ResetCommand>().RunAsync(email, Console.Out);
}

if (args is [RemoveAuthenticatorCommand.Verb, var owner, .. var its])
{
    await using var app = GatewayApp.Create(its);
    return await app.Services.GetRequiredService<RemoveAuthenticatorCommand>().RunAsync(owner);
}

return await ServiceHost.RunAsync("journeys-gateway", () => GatewayApp.Create(args));
