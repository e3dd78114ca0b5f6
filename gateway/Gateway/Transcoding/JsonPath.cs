using System.Globalization;
using System.Text;
using Journeys.BuildingBlocks;

namespace Journeys.Gateways.Transcoding;

/// <summary>The position of a reader in a document, so that a refusal can name the field.</summary>
sealed class JsonPath
{
    readonly List<(string? Name, int Index)> parts = [];

    public int Depth => parts.Count;

    public void Enter(string name) => parts.Add((name, 0));

    public void Enter(int index) => parts.Add((null, index));

    public void Leave() => parts.RemoveAt(parts.Count - 1);

    public void LeaveTo(int depth) => parts.RemoveRange(depth, parts.Count - depth);

    public InvalidInput Refuse(string message) => new(ToString(), message);

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, index) in parts)
        {
            if (name is null)
                text.Append(CultureInfo.InvariantCulture, $"[{index}]");
            else
                text.Append(text.Length == 0 ? "" : ".").Append(name);
        }

        return text.Length == 0 ? "body" : text.ToString();
    }
}
