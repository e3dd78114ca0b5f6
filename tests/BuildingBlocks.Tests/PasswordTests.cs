using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Messages;
using Npgsql;
using RabbitMQ.Client;

namespace Journeys.BuildingBlocks.Tests;

public sealed class PasswordTests
{
    const string Any = """ü";\&/$x#'%@: =""";

    [Fact]
    public void The_password_of_PostgreSQL_may_have_any_characters()
    {
        var options = new PostgresOptions { ConnectionString = "Host=db;Username=somebody;Password=other", Password = Any };

        var settings = new NpgsqlConnectionStringBuilder(options.WithPassword(options.ConnectionString));

        Assert.Equal(("db", "somebody", Any), (settings.Host, settings.Username, settings.Password));
    }

    [Fact]
    public void The_password_of_RabbitMQ_may_have_any_characters()
    {
        var options = new MessagingOptions { Broker = new Uri("amqp://somebody@rabbit:5672/%2F"), Password = Any };

        var factory = new ConnectionFactory { Uri = options.WithPassword(options.Broker!) };

        Assert.Equal(("rabbit", "somebody", Any, "/"), (factory.HostName, factory.UserName, factory.Password, factory.VirtualHost));
    }

    [Fact]
    public void A_password_without_a_user_is_refused_by_name()
    {
        var options = new MessagingOptions { Password = Any };

        var refusal = Assert.Throws<InvalidOperationException>(() => options.WithPassword(new("amqp://rabbit:5672/")));

        Assert.Contains("Messaging:Broker must name the user", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_one_the_addresses_keep_their_own()
    {
        var broker = new Uri("amqp://somebody:own@rabbit:5672/");

        Assert.Same(broker, new MessagingOptions().WithPassword(broker));
        Assert.Equal("Host=db;Password=own", new PostgresOptions().WithPassword("Host=db;Password=own"));
    }
}
