return await Journeys.BuildingBlocks.ServiceHost.RunAsync("journeys-gateway", () => Journeys.Gateways.GatewayApp.Create(args));
