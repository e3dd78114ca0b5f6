import { ActionIcon, Button, Group, NumberInput, Stack, Text } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import type { Split_VariantJson } from "../../contract/journeys/graph/v1/graph_pb";
import { freeId } from "../../graph/graph";
import { equalShares, sumOf } from "../../graph/shares";
import classes from "../Properties.module.css";
import { BranchName } from "./BranchName";
import type { NodeFormProps } from "./props";

export function SplitForm({ node, readOnly, change, fault }: NodeFormProps) {
  const variants = node.split?.variants ?? [];
  const set = (next: readonly Split_VariantJson[], about: string) =>
    change({ ...node, split: { variants: [...next] } }, about);
  const put = (i: number, part: Split_VariantJson, about: string) =>
    set(
      variants.map((each, at) => (at === i ? { ...each, ...part } : each)),
      `variant ${i} ${about}`,
    );
  const sum = sumOf(variants);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        The same person always gets the same variant here.
      </Text>
      {variants.map((variant, i) => (
        <div key={i} className={classes.row}>
          <div className={classes.grow}>
            <BranchName
              label={`Name of variant ${i + 1}`}
              value={variant.name ?? ""}
              readOnly={readOnly}
              error={fault(`split.variants[${i}].name`)}
              onChange={(name) => put(i, { name }, "name")}
            />
          </div>
          <NumberInput
            aria-label={`Share of ${variant.name ?? ""}`}
            className={classes.share!}
            value={Number(variant.percent ?? 0)}
            min={0}
            max={100}
            decimalScale={2}
            suffix=" %"
            readOnly={readOnly}
            error={Boolean(fault(`split.variants[${i}].percent`))}
            onChange={(percent) => put(i, { percent: Number(percent) || 0 }, "percent")}
          />
          {readOnly || variants.length <= 2 ? null : (
            <ActionIcon
              aria-label={`Remove variant ${variant.name ?? ""}`}
              onClick={() =>
                set(
                  variants.filter((_, at) => at !== i),
                  "",
                )
              }
            >
              <Trash2 size={15} />
            </ActionIcon>
          )}
        </div>
      ))}
      <p className={classes.sum} data-wrong={sum !== 100 || undefined}>
        {sum === 100 ? "The shares sum to 100 %" : `The shares sum to ${sum} %, not to 100`}
      </p>
      {readOnly ? null : (
        <Group gap="xs">
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            disabled={variants.length >= 50}
            leftSection={<Plus size={14} aria-hidden />}
            onClick={() =>
              set(
                [
                  ...variants,
                  {
                    name: freeId(
                      "variant",
                      variants.map((each) => each.name ?? ""),
                    ),
                    percent: Math.max(0, Number((100 - sum).toFixed(2))),
                  },
                ],
                "",
              )
            }
          >
            Add a variant
          </Button>
          <Button variant="subtle" color="gray" size="compact-sm" onClick={() => set(equalShares(variants), "")}>
            Equal shares
          </Button>
        </Group>
      )}
    </Stack>
  );
}
