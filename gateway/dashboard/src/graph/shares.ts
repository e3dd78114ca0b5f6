import type { Split_VariantJson } from "../contract/journeys/graph/v1/graph_pb";

/** Counted in hundredths of a percent, in which every share is whole. */
const slots = 10_000;

export const sumOf = (variants: readonly Split_VariantJson[]): number =>
  variants.reduce((sum, { percent }) => sum + Math.round(Number(percent ?? 0) * 100), 0) / 100;

/** The same share for everybody; what is left over goes to the first ones, so that all sum to 100. */
export function equalShares(variants: readonly Split_VariantJson[]): Split_VariantJson[] {
  const each = Math.floor(slots / variants.length);
  const rest = slots - each * variants.length;
  return variants.map((variant, i) => ({ ...variant, percent: (each + (i < rest ? 1 : 0)) / 100 }));
}
