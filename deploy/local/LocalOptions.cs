using System.Globalization;

namespace Journeys.Local;

/// <summary>What the command line asks for.</summary>
public sealed record LocalOptions
{
    public const string Usage = "usage: ./deploy/local/up [--port N] [--data DIR] [--no-demo] [--broker amqp://user:pass@host:port/vhost] [--exit] [--help]";

    /// <summary>The gateway's port; native gRPC is on the next one.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Where everything is kept, PostgreSQL's files and the credentials.</summary>
    public string Data { get; init; } = ".data";

    /// <summary>Whether the demo is walked through at the start.</summary>
    public bool Demo { get; init; } = true;

    /// <summary>A RabbitMQ to use; otherwise messages stay in this process.</summary>
    public string Broker { get; init; } = "memory://local";

    /// <summary>Whether to stop after the demo.</summary>
    public bool Exit { get; init; }

    /// <summary>Whether somebody only wants to know what can be asked for.</summary>
    public bool Help { get; init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="InvalidOperationException">It says something else than the usage.</exception>
    public static LocalOptions Parse(string[] args)
    {
        var options = new LocalOptions();
        for (var i = 0; i < args.Length; i++)
        {
            string Value() => ++i < args.Length ? args[i] : throw new InvalidOperationException(Usage);
            options = args[i] switch
            {
                "--port" => int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65_535
                    ? options with { Port = port }
                    : throw new InvalidOperationException("--port must be from 1 to 65534."),
                "--data" => options with { Data = Value() },
                "--broker" => options with { Broker = Value() },
                "--no-demo" => options with { Demo = false },
                "--exit" => options with { Exit = true },
                "--help" or "-h" => options with { Help = true },
                _ => throw new InvalidOperationException(Usage),
            };
        }

        return options;
    }
}
