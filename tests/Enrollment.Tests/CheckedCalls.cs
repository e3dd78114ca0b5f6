using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Journeys.Enrollments.Tests;

/// <summary>Looks after every call of a test whether what is stored agrees with itself and, where nobody else called meanwhile, with the answer.</summary>
sealed class CheckedCalls(TestSite site) : Interceptor
{
    int begun;
    int underWay;

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var number = Interlocked.Increment(ref begun);
        var isAlone = Interlocked.Increment(ref underWay) == 1;
        var call = continuation(request, context);
        return new AsyncUnaryCall<TResponse>(
            CheckAsync(call.ResponseAsync, number, isAlone), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    async Task<TResponse> CheckAsync<TResponse>(Task<TResponse> call, int number, bool isAlone)
    {
        TResponse answer;
        try
        {
            answer = await call;
        }
        finally
        {
            Interlocked.Decrement(ref underWay);
            // After a refusal too, which may have left something behind.
            await StoredState.CheckAsync(site.Service, site.Id);
        }

        if (isAlone && Volatile.Read(ref begun) == number && answer is IMessage message)
            await StoredState.CheckAnswerAsync(site, message);
        return answer;
    }
}
