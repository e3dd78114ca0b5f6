using System.Globalization;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Failures;
using Journeys.Gateways.Frames;
using Npgsql;

namespace Journeys.Gateways.Problems;

/// <summary>Answers every refusal and failure with problem+json, or for native gRPC with a status.</summary>
public sealed class ProblemDetailsMiddleware(RequestDelegate next, ILogger<ProblemDetailsMiddleware> logger)
{
    readonly StackTraces stacks = new();

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (NeedsWords(context.Response))
                await AnswerAsync(context, ByStatus(context));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has disconnected, so there is no answer.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, Of(exception, context));
        }
    }

    public static Task AnswerAsync(HttpContext context, Problem problem)
    {
        problem = problem.For(context);
        var headers = context.Response.Headers;
        if (problem is { RetryAfter: { } wait, Status: 429 or 503 or 504 })
            headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (problem.Status == StatusCodes.Status401Unauthorized)
            headers.WWWAuthenticate = "Bearer";
        headers.CacheControl = "no-store";
        return IsNative(context.Request) ? AnswerGrpcAsync(context, problem) : AnswerJsonAsync(context, problem);
    }

    static bool IsNative(HttpRequest request) => GrpcFrame.IsIn(request.ContentType);

    // An answer without a body: gRPC clients read status and message from the headers.
    static Task AnswerGrpcAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.ContentLength = null;
        problem.WriteTo(response.Headers);
        return response.CompleteAsync();
    }

    static async Task AnswerJsonAsync(HttpContext context, Problem problem)
    {
        using var text = new PooledBuffer();
        problem.WriteTo(text);
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = "application/problem+json";
        response.ContentLength = text.Length;
        await response.Body.WriteAsync(text.Memory, context.RequestAborted);
    }

    Problem Of(Exception exception, HttpContext context)
    {
        switch (exception)
        {
            case DomainException refusal:
                return Problem.Of(refusal);
            case BadHttpRequestException bad:
                return new Problem(StatusCode.InvalidArgument, "BAD_REQUEST", bad.Message, []) { Status = bad.StatusCode };
            case NpgsqlException when Faults.Of(exception) == Fault.Passing:
                logger.LogWarning(
                    stacks.WhenDue(exception), "PostgreSQL does not answer {Method} {Path} ({Problem})", context.Request.Method, context.Request.Path, exception.Message);
                return Problem.Of(new Unreachable());
            default:
                logger.LogError(exception, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
                return Problem.Of(new InternalError());
        }
    }

    static bool NeedsWords(HttpResponse response) =>
        !response.HasStarted && response.StatusCode >= 400 && response.ContentType is null && response.ContentLength is null;

    static Problem ByStatus(HttpContext context)
    {
        var status = context.Response.StatusCode;
        var (reason, detail) = status switch
        {
            404 => ("ROUTE_NOT_FOUND", $"There is nothing at {context.Request.Path}."),
            405 => ("METHOD_NOT_ALLOWED", $"{context.Request.Method} is not allowed; the Allow header lists the allowed methods."),
            _ => (HttpStatus.NameOf(HttpStatus.CodeOf(status)), "The request was refused."),
        };
        return new Problem(HttpStatus.CodeOf(status), reason, detail, []) { Status = status };
    }
}
