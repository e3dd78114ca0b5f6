using Google.Protobuf.Reflection;
using Journeys.Protos.Options.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Tests;

/// <summary>That there is no way in without a policy. EndToEnd.Tests calls every route with every role.</summary>
public sealed class PolicyTests
{
    [Fact]
    public void The_start_fails_for_an_rpc_without_a_policy()
    {
        // A file of its own with a service whose rpc says nothing.
        var file = new FileDescriptorProto
        {
            Name = "open.proto",
            Package = "journeys.open.v1",
            Syntax = "proto3",
            Dependency = { "google/protobuf/empty.proto" },
            Service =
            {
                new ServiceDescriptorProto
                {
                    Name = "OpenService",
                    Method = { new MethodDescriptorProto { Name = "Open", InputType = ".google.protobuf.Empty", OutputType = ".google.protobuf.Empty" } },
                },
            },
        };
        var files = FileDescriptor.BuildFromByteStrings(
            [Google.Protobuf.WellKnownTypes.EmptyReflection.Descriptor.SerializedData, Google.Protobuf.MessageExtensions.ToByteString(file)],
            new Google.Protobuf.ExtensionRegistry { AccessExtensions.Access });

        var failure = Assert.Throws<InvalidOperationException>(() => new RpcCatalog(files));

        Assert.Contains("journeys.open.v1.OpenService.Open", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Internal_rpcs_have_no_way_in() =>
        Assert.DoesNotContain(RpcCatalog.Journeys.Routes, route => route.Rpc.Role is Role.Service or Role.Unspecified);
}
