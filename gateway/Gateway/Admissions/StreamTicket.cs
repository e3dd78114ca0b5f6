using Google.Protobuf;
using Journeys.Access.Callers;
using Journeys.Gateways.Problems;
using Journeys.Gateways.Routing;

namespace Journeys.Gateways.Admissions;

/// <summary>One open stream. Dispose of it when it has ended.</summary>
public sealed class StreamTicket : IDisposable
{
    readonly HttpContext context;
    readonly CancellationTokenSource over;
    readonly Action<StreamTicket> close;

    internal StreamTicket(HttpContext context, CallRoute route, Admitted admitted, Credentials credentials, IMessage? person, IReadOnlyList<string> countedAs, Action<StreamTicket> close)
    {
        (this.context, Route, Credentials, Person, CountedAs, this.close) = (context, route, credentials, person, countedAs, close);
        (SiteId, ProvenUser) = (admitted.Caller.SiteId, admitted.Caller.ProvenUser);
        // Read now, because the context has another request while the call is forwarded.
        NamedSites = Admission.NamedSites(context, route);
        Origin = RequestOrigin.Of(context.Request);
        ClientGone = context.RequestAborted;
        over = CancellationTokenSource.CreateLinkedTokenSource(ClientGone);
        context.RequestAborted = over.Token;
    }

    public CallRoute Route { get; }

    /// <summary>The site of the stream.</summary>
    public Guid SiteId { get; }

    public Credentials Credentials { get; }

    /// <summary>The message that names the person; null for a native call, which is not parsed.</summary>
    public IMessage? Person { get; }

    /// <summary>The proven user that was sent to the service when the stream was opened.</summary>
    public string? ProvenUser { get; }

    public IReadOnlyList<string> NamedSites { get; }

    public RequestOrigin Origin { get; }

    /// <summary>
    /// Cancelled when the client disconnects. The token of the context is also cancelled when the gateway ends the
    /// stream.
    /// </summary>
    public CancellationToken ClientGone { get; }

    /// <summary>Why the gateway ended the stream; null while it is open.</summary>
    public Problem? Ended { get; private set; }

    internal IReadOnlyList<string> CountedAs { get; }

    internal void End(Problem why)
    {
        Ended = why;
        try
        {
            over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The stream has ended meanwhile.
        }
    }

    public void Dispose()
    {
        close(this);
        context.RequestAborted = ClientGone;
        over.Dispose();
    }
}
