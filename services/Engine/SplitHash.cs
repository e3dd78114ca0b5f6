using System.Text;

namespace Journeys.Engine;

/// <summary>Assigns people to the 10,000 slots of a split. The assignment must never change.</summary>
public static class SplitHash
{
    /// <summary>The number of slots; one slot is a hundredth of a percent.</summary>
    public const int Slots = 10_000;

    /// <summary>
    /// Returns the slot: FNV-1a (64 bits) over UTF-8 of `journey/node/person`, with its halves mixed, modulo the number
    /// of slots.
    /// </summary>
    public static int Slot(Guid journeyId, string nodeId, string firstId)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var part in Encoding.UTF8.GetBytes($"{journeyId}/{nodeId}/{firstId}"))
            hash = (hash ^ part) * 1_099_511_628_211UL;

        // The low bits of FNV are uneven for short texts, so they are mixed with the finisher of MurmurHash3.
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return (int)((hash ^ (hash >> 33)) % Slots);
    }

    /// <summary>Returns the variant whose share contains the slot.</summary>
    public static Variant Choose(IReadOnlyList<Variant> variants, int slot)
    {
        var end = 0;
        foreach (var variant in variants)
        {
            end += ToSlots(variant.Percent);
            if (slot < end)
                return variant;
        }

        return variants[^1];
    }

    /// <summary>Converts a percentage to a number of slots.</summary>
    public static int ToSlots(double percent) => (int)Math.Round(percent * 100);
}
