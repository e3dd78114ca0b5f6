using System.Reflection;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Journeys.BuildingBlocks.Failures;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Journeys.BuildingBlocks.Requests;

/// <summary>
/// Binds gRPC services as Grpc.AspNetCore does, but refuses bytes that cannot be parsed with INVALID_ARGUMENT.
/// </summary>
/// <remarks>
/// Messages are parsed before any interceptor runs. A parse failure would otherwise be UNKNOWN with a stack trace at
/// level error, so any client could fill the log.
/// </remarks>
sealed class ReadableRequests<TService> : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        var attribute = typeof(TService).GetCustomAttributes<BindServiceMethodAttribute>(inherit: true).FirstOrDefault()
            ?? throw new InvalidOperationException($"{typeof(TService)} was not generated from a proto.");
        var bind = attribute.BindType.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
            .Single(method => method.Name == attribute.BindMethodName
                && method.GetParameters() is [{ ParameterType: var binder }, _] && binder == typeof(ServiceBinderBase));
        bind.Invoke(null, [new Binder(context), null]);
    }

    sealed class Binder(ServiceMethodProviderContext<TService> context) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            context.AddUnaryMethod(
                Readable(method), Metadata(), Handler<Grpc.AspNetCore.Server.Model.UnaryServerMethod<TService, TRequest, TResponse>>(method.Name));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddServerStreamingMethod(
                Readable(method), Metadata(),
                Handler<Grpc.AspNetCore.Server.Model.ServerStreamingServerMethod<TService, TRequest, TResponse>>(method.Name));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddDuplexStreamingMethod(
                Readable(method), Metadata(),
                Handler<Grpc.AspNetCore.Server.Model.DuplexStreamingServerMethod<TService, TRequest, TResponse>>(method.Name));

        static List<object> Metadata() => [new HttpMethodMetadata(["POST"], acceptCorsPreflight: true)];

        static TDelegate Handler<TDelegate>(string name)
            where TDelegate : Delegate =>
            typeof(TService).GetMethod(name, BindingFlags.Public | BindingFlags.Instance)!.CreateDelegate<TDelegate>();
    }

    static Method<TRequest, TResponse> Readable<TRequest, TResponse>(Method<TRequest, TResponse> method)
    {
        var inner = method.RequestMarshaller;
        return new(method.Type, method.ServiceName, method.Name, Marshallers.Create(inner.ContextualSerializer, Read), method.ResponseMarshaller);

        TRequest Read(DeserializationContext context)
        {
            try
            {
                return inner.ContextualDeserializer(context);
            }
            catch (InvalidProtocolBufferException)
            {
                throw RefusalStatus.Of(new InvalidInput("body", $"is not a valid {method.Name} request.")).ToRpcException();
            }
        }
    }
}

static class ReadableRequestsExtensions
{
    /// <summary>
    /// Replaces the provider that AddGrpc registers; a later call of AddGrpc would register that provider again.
    /// </summary>
    public static void AddReadableRequests(this IServiceCollection services)
    {
        services.RemoveAll(typeof(IServiceMethodProvider<>));
        services.AddSingleton(typeof(IServiceMethodProvider<>), typeof(ReadableRequests<>));
    }
}
