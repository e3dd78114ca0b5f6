// Calls Journeys over native gRPC:      dotnet run -- call http://HOST:PORT SECRET_KEY
// Prints who has completed a journey:   dotnet run -- read amqp://reader:password@host:5672/
switch (args)
{
    case ["call", var address, var key]:
        await Client.RunAsync(new Uri(address), key);
        return 0;
    case ["read", var broker]:
        await Reader.RunAsync(new Uri(broker));
        return 0;
    default:
        Console.Error.WriteLine("Say: call http://HOST:PORT SECRET_KEY, or: read amqp://USER:PASSWORD@HOST:5672/");
        return 2;
}
