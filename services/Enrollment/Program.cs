await Journeys.Enrollments.EnrollmentApp.Create(args).RunAsync();
