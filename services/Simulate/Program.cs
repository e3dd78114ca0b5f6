using Journeys.Simulate;

return SimulateJourney.Run(args, Console.Out, Console.Error);
