using System.Runtime.InteropServices;
using Journeys.Local;
using Journeys.Local.Demo;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

try
{
    var options = LocalOptions.Parse(args);
    if (options.Help)
    {
        Console.WriteLine(LocalOptions.Usage);
        return 0;
    }

    Directory.CreateDirectory(options.Data);
    var credentials = Credentials.Load(options.Data, options.Port);
    credentials.Save(options.Data);

    await using var everything = await Everything.StartAsync(options, credentials, stop.Token);
    using var api = new DemoApi(credentials);
    credentials = credentials with { SiteId = await api.SiteIdAsync(stop.Token) };
    credentials.Save(options.Data);

    var isGood = !options.Demo || await new DemoWalk(api, Console.Out).RunAsync(stop.Token);
    if (options.Demo)
        Console.WriteLine($"demo site {await new DemoSite(api, credentials).OpenAsync(options.Data, stop.Token)}   a sample product with a journey: sign up there to begin it");
    Console.WriteLine($"sign in as {credentials.AdminEmail}; the password and the keys are in {Path.Combine(options.Data, "credentials.json")}");
    Console.WriteLine($"ready {credentials.Url}");
    if (options.Exit)
        return isGood ? 0 : 1;

    await Task.Delay(Timeout.Infinite, stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (Exception exception) when (exception is InvalidOperationException or IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"deploy/local/up: {exception.Message}");
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
