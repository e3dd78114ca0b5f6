using Google.Protobuf.Reflection;
using Journeys.Protos.Options.V1;
using AccessRule = Journeys.Protos.Options.V1.Access;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Tests;

/// <summary>That there is no way in without a policy. EndToEnd.Tests calls every route with every role.</summary>
public sealed class PolicyTests
{
    [Fact]
    public void The_start_fails_for_an_rpc_without_a_policy()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => CatalogWith(options: null));

        Assert.Contains("journeys.open.v1.OpenService.Open", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Role.Public)]
    [InlineData(Role.Viewer)]
    public void The_start_fails_for_a_changing_rpc_of_which_nobody_said_what_the_audit_log_keeps(Role role)
    {
        var failure = Assert.Throws<InvalidOperationException>(() => CatalogWith(new AccessRule { Role = role }));

        Assert.Contains("audit log", failure.Message, StringComparison.Ordinal);
    }

    static RpcCatalog CatalogWith(AccessRule? options)
    {
        // A file of its own with a service that has one rpc.
        var method = new MethodDescriptorProto { Name = "Open", InputType = ".google.protobuf.Empty", OutputType = ".google.protobuf.Empty" };
        if (options is not null)
        {
            method.Options = new Google.Protobuf.Reflection.MethodOptions();
            method.Options.SetExtension(AccessExtensions.Access, options);
        }

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
                    Method = { method },
                },
            },
        };
        var files = FileDescriptor.BuildFromByteStrings(
            [Google.Protobuf.WellKnownTypes.EmptyReflection.Descriptor.SerializedData, Google.Protobuf.MessageExtensions.ToByteString(file)],
            new Google.Protobuf.ExtensionRegistry { AccessExtensions.Access });

        return new RpcCatalog(files);
    }

    [Fact]
    public void Internal_rpcs_have_no_way_in() =>
        Assert.DoesNotContain(RpcCatalog.Journeys.Routes, route => route.Rpc.Role is Role.Service or Role.Unspecified);
}
