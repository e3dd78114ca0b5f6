using Journeys.Chaos;
using Journeys.Chaos.Soak;

if (args is ["--help" or "-h", ..])
{
    Console.WriteLine($"{ChaosOptions.Usage}\n{SoakOptions.Usage}");
    return 0;
}

(ChaosOptions? Chaos, SoakOptions? Soak) wanted;
try
{
    wanted = args.FirstOrDefault() == "--soak" ? (null, SoakOptions.Read(args)) : (ChaosOptions.Read(args), null);
}
catch (FormatException mistake)
{
    Console.Error.WriteLine($"tests/run: {mistake.Message}\n{ChaosOptions.Usage}\n{SoakOptions.Usage}");
    return 2;
}

if (wanted.Soak is { } options)
{
    await using var soak = new SoakRun(options, Console.Out);
    return await soak.RunAsync() ? 0 : 1;
}

await using var chaos = new ChaosRun(wanted.Chaos!, Console.Out);
return await chaos.RunAsync() ? 0 : 1;
