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
        // Kept here, because the request is another one while it is forwarded.
        NamedSites = Admission.NamedSites(context, route);
        Origin = RequestOrigin.Of(context.Request);
        ClientGone = context.RequestAborted;
        over = CancellationTokenSource.CreateLinkedTokenSource(ClientGone);
        context.RequestAborted = over.Token;
    }

    public CallRoute Route { get; }

    /// <summary>The site that it tells about.</summary>
    public Guid SiteId { get; }

    public Credentials Credentials { get; }

    /// <summary>The message that says whom it is about; null for a native call, which is passed on unread.</summary>
    public IMessage? Person { get; }

    /// <summary>What the service was told when it was opened: the user whom the page has proved to speak for.</summary>
    public string? ProvenUser { get; }

    public IReadOnlyList<string> NamedSites { get; }

    public RequestOrigin Origin { get; }

    /// <summary>Cancelled when nobody listens any more; that of the context also when it is ended from our side.</summary>
    public CancellationToken ClientGone { get; }

    /// <summary>Why it was ended from our side; null while it goes on.</summary>
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
            // It has ended meanwhile.
        }
    }

    public void Dispose()
    {
        close(this);
        context.RequestAborted = ClientGone;
        over.Dispose();
    }
}
