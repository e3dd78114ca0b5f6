using Journeys.Chaos;

ChaosOptions options;
try
{
    options = ChaosOptions.Read(args);
}
catch (FormatException mistake)
{
    Console.Error.WriteLine($"chaos: {mistake.Message}\n{ChaosOptions.Usage}");
    return 2;
}

await using var run = new ChaosRun(options, Console.Out);
return await run.RunAsync() ? 0 : 1;
