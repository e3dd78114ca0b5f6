await Journeys.Definitions.DefinitionApp.Create(args).RunAsync();
