import { Modal, Stack, Text } from "@mantine/core";
import { useRef } from "react";
import { useBeforeUnload, useBlocker } from "react-router";
import { DialogButtons } from "./DialogButtons";
import { useUnsaved } from "./unsaved";

/** Asks for confirmation before a page with unsaved changes is left. `pass` lets the page itself navigate. */
export function useLeaveGuard(name: string, isDirty: boolean) {
  const passes = useRef(false);
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isDirty && !passes.current && currentLocation.pathname !== nextLocation.pathname,
  );
  useBeforeUnload((event) => {
    if (isDirty) event.preventDefault();
  });
  useUnsaved({ name, isDirty: () => isDirty });
  const pass = async (go: () => void | Promise<void>) => {
    passes.current = true;
    await go();
    passes.current = false;
  };
  const guard = (
    <Modal
      opened={blocker.state === "blocked"}
      onClose={() => blocker.reset?.()}
      title="Leave without saving?"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack gap="md">
        <Text size="md">What you changed about {name} is not saved, and is lost when you leave.</Text>
        <DialogButtons
          verb="Leave without saving"
          run={() => blocker.proceed?.()}
          dangerous
          cancel="Stay"
          close={() => blocker.reset?.()}
        />
      </Stack>
    </Modal>
  );
  return { guard, pass };
}
