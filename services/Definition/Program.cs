return await Journeys.BuildingBlocks.ServiceHost.RunAsync("journeys-definition", () => Journeys.Definitions.DefinitionApp.Create(args));
