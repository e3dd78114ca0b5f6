return await Journeys.BuildingBlocks.ServiceHost.RunAsync("journeys-enrollment", () => Journeys.Enrollments.EnrollmentApp.Create(args));
