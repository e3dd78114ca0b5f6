import { Text } from "@mantine/core";
import { useDraft } from "../../draft/draft";
import { inFull } from "../../ui/times";
import { shownFirst, whoEnters } from "../entering";
import { useDraftAudience } from "../useDraftAudience";

/** Says who is affected: people inside, and those who enter from now on. */
export function Concerned({ inside }: { inside: number }) {
  const { journey, design } = useDraft();
  const { audience, match } = useDraftAudience();
  if (journey.status === "PAUSED")
    return (
      <Text c="dimmed" size="sm">
        The journey stays paused.{" "}
        {inside === 0
          ? "Nobody is inside now. "
          : `${inside === 1 ? "1 person is" : `${inFull(inside)} people are`} inside; ` +
            "when you resume, they continue in the version they entered. "}
        Everybody who enters after you resume gets the new version.
      </Text>
    );
  return (
    <Text c="dimmed" size="sm">
      {whoEnters(design, audience?.name, match.data?.count)} {shownFirst(design)}{" "}
      {inside === 0
        ? "Nobody is inside now. Everybody who enters from now on gets the new version."
        : `${inside === 1 ? "1 person is" : `${inFull(inside)} people are`} inside ` +
          "and stay on the version they entered. " +
          "Everybody who enters from now on gets the new version."}
    </Text>
  );
}
