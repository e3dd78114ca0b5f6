import { useNavigate } from "react-router";
import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import { useConfirm } from "../ui/Confirm";
import { useDraft } from "./draft";

/** Replaces the draft by a version, after a confirmation that says what happens to the present draft. */
export function useMakeDraft() {
  const { journey, change, autosave } = useDraft();
  const confirm = useConfirm();
  const navigate = useNavigate();
  return (version: number, readDesign: () => Promise<DesignJson>) =>
    confirm({
      title: `Use version ${version} as the draft?`,
      body:
        journey.draftChanged || autosave.isDirty
          ? "It replaces the draft, including its settings. " +
            "The draft has changes that were never published: they are lost. " +
            "People inside are not affected until you publish."
          : "It replaces the draft, including its settings. " +
            "The draft is what was published last, so nothing is lost. " +
            "People inside are not affected until you publish.",
      confirm: "Use as draft",
      dangerous: journey.draftChanged || autosave.isDirty,
      run: async () => {
        // Clears fields that the version does not have.
        change({ goal: {}, reEnrollmentCooldown: "0s", graph: {}, exits: [], ...(await readDesign()) });
        await autosave.flush();
        await navigate(`/journeys/${journey.id}/build`);
      },
    });
}
