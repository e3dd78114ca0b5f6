using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1;

namespace Journeys.Gateways.Tests;

/// <summary>How a program finds out what the gateway offers: by reflection, by its descriptor set, and by its health.</summary>
public sealed class DiscoveryTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>, IDisposable
{
    readonly GatewayUnderTest gateway = fixture.Gateway;
    readonly GrpcChannel channel = GrpcChannel.ForAddress(fixture.Gateway.GrpcAddress);

    public void Dispose() => channel.Dispose();

    [Fact]
    public async Task Reflection_lists_the_public_services_and_no_internal_one()
    {
        var answer = await AskAsync(new ServerReflectionRequest { ListServices = "" });

        var names = answer.ListServicesResponse.Service.Select(service => service.Name).ToList();
        Assert.Contains("journeys.definition.v1.JourneyService", names);
        Assert.Contains("journeys.access.v1.AccessService", names);
        Assert.DoesNotContain("journeys.definition.v1.ChangeService", names);
    }

    [Theory]
    [InlineData("journeys.definition.v1.JourneyService", "journeys/definition/v1/definition_service.proto")]
    [InlineData("journeys.rule.v1.Rule", "journeys/rule/v1/rule.proto")]
    [InlineData("google.rpc.ErrorInfo", "google/rpc/error_details.proto")]
    public async Task Reflection_gives_the_file_of_a_symbol(string symbol, string file)
    {
        var answer = await AskAsync(new ServerReflectionRequest { FileContainingSymbol = symbol });

        var files = answer.FileDescriptorResponse.FileDescriptorProto.Select(FileDescriptorProto.Parser.ParseFrom);
        Assert.Contains(files, each => each.Name == file);
    }

    [Fact]
    public async Task Older_tools_ask_by_the_version_before()
    {
        using var call = new Grpc.Reflection.V1Alpha.ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();

        await call.RequestStream.WriteAsync(new Grpc.Reflection.V1Alpha.ServerReflectionRequest { ListServices = "" });

        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Contains(call.ResponseStream.Current.ListServicesResponse.Service, service => service.Name == "journeys.enrollment.v1.EnrollmentService");
    }

    [Fact]
    public async Task Health_is_answered_without_a_key_and_watched()
    {
        var health = new Health.HealthClient(channel);

        var now = await health.CheckAsync(new HealthCheckRequest());
        using var watch = health.Watch(new HealthCheckRequest());

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, now.Status);
        Assert.True(await watch.ResponseStream.MoveNext(default));
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await health.CheckAsync(new HealthCheckRequest { Service = "none" }));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task One_address_keeps_only_so_many_streams_open()
    {
        await using var small = await GatewayUnderTest.StartAsync("--Streams:PerAddress=2");
        using var its = GrpcChannel.ForAddress(small.GrpcAddress);
        var health = new Health.HealthClient(its);
        using var first = health.Watch(new HealthCheckRequest());
        using var second = health.Watch(new HealthCheckRequest());
        await first.ResponseStream.MoveNext(default);
        await second.ResponseStream.MoveNext(default);

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await health.CheckAsync(new HealthCheckRequest()));

        Assert.Equal((StatusCode.ResourceExhausted, "TOO_MANY_STREAMS"), (refused.StatusCode, refused.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason));
    }

    [Fact]
    public async Task One_file_has_every_contract_with_its_comments_what_it_imports_and_the_types_of_refusals()
    {
        var bytes = await gateway.Http.GetByteArrayAsync("/protos.binpb");

        var set = FileDescriptorSet.Parser.ParseFrom(bytes);
        var files = FileDescriptor.BuildFromByteStrings(set.File.Select(file => file.ToByteString()));
        var names = files.Select(file => file.Name).ToList();
        Assert.Superset(JourneyFiles.Select(file => file.Name).ToHashSet(), names.ToHashSet());
        Assert.Contains("google/rpc/error_details.proto", names);
        Assert.Contains("google/protobuf/timestamp.proto", names);
        Assert.Contains(set.File.Single(file => file.Name.EndsWith("/journey.proto", StringComparison.Ordinal)).SourceCodeInfo.Location,
            location => location.LeadingComments.Contains("A goal without a rule is no goal", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_contract_says_where_its_code_goes_in_other_languages()
    {
        Assert.All(JourneyFiles, file =>
        {
            var (context, options) = (file.Package.Split('.')[1], file.GetOptions());
            Assert.Equal($"journeys/{context}/v1;{context}v1", options.GoPackage);
            Assert.Equal(file.Package, options.JavaPackage);
            Assert.True(options.JavaMultipleFiles);
            Assert.Matches("^J[A-Z]X$", options.ObjcClassPrefix);
            Assert.Equal($"Journeys.Protos.{char.ToUpperInvariant(context[0])}{context[1..]}.V1", options.CsharpNamespace);
        });
        Assert.Equal(JourneyFiles.Select(file => file.Package).Distinct().Count(), JourneyFiles.Select(file => file.GetOptions().ObjcClassPrefix).Distinct().Count());
    }

    static IReadOnlyList<FileDescriptor> JourneyFiles => Routing.RpcCatalog.Journeys.Files;

    async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request)
    {
        using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(request);
        Assert.True(await call.ResponseStream.MoveNext(default));
        await call.RequestStream.CompleteAsync();
        return call.ResponseStream.Current;
    }
}
