using Journeys.Gateways;

await GatewayApp.Create(args).RunAsync();
