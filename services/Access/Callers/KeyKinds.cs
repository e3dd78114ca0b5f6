using Journeys.Protos;
using Journeys.Protos.Access.V1;

namespace Journeys.Access.Callers;

/// <summary>The kinds of keys, as they are stored.</summary>
static class KeyKinds
{
    public static readonly string Publishable = Key.Types.Kind.Publishable.Text();
    public static readonly string Secret = Key.Types.Kind.Secret.Text();
}
