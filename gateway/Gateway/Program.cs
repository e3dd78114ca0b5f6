using Journeys.Gateways;

if (args is [ResetCommand.Verb, var email, .. var settings])
    return await ResetCommand.RunAsync(email, settings, Console.Out);

await GatewayApp.Create(args).RunAsync();
return 0;
