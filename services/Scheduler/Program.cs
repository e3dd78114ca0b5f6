await Journeys.Scheduling.SchedulerApp.Create(args).RunAsync();
