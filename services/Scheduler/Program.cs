return await Journeys.BuildingBlocks.ServiceHost.RunAsync("journeys-scheduler", () => Journeys.Scheduling.SchedulerApp.Create(args));
