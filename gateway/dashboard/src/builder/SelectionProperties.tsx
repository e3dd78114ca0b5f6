import { Button, Text } from "@mantine/core";
import { AlignStartVertical } from "lucide-react";
import classes from "./Properties.module.css";

/** Shown while several nodes are selected. */
export function SelectionProperties({ count, align }: { count: number; align: () => void }) {
  return (
    <section className={classes.panel}>
      <h2 className={classes.title}>{count} nodes</h2>
      <Text size="sm" c="dimmed">
        Move, copy, cut, duplicate or delete them together.
      </Text>
      <Button variant="default" leftSection={<AlignStartVertical size={15} aria-hidden />} onClick={align}>
        Put them in one row
      </Button>
    </section>
  );
}
