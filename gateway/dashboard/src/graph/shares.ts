import type { Split_VariantJson } from "../contract/journeys/graph/v1/graph_pb";

/** Computes in hundredths of a percent, in which every share is an integer. */
const slots = 10_000;

export const sumOf = (variants: readonly Split_VariantJson[]): number =>
  variants.reduce((sum, { percent }) => sum + Math.round(Number(percent ?? 0) * 100), 0) / 100;

/** Returns equal shares. The remainder goes to the first variants, so that the sum is 100. */
export function equalShares(variants: readonly Split_VariantJson[]): Split_VariantJson[] {
  const each = Math.floor(slots / variants.length);
  const rest = slots - each * variants.length;
  return variants.map((variant, i) => ({ ...variant, percent: (each + (i < rest ? 1 : 0)) / 100 }));
}
