import { useConfirm } from "../ui/Confirm";
import { dropAll, saveAll } from "../ui/unsaved";

/** Leaves the site or the session. Saves first, and asks for confirmation if something cannot be saved. */
export function useLeave() {
  const confirm = useConfirm();
  return async (go: () => unknown) => {
    const unsaved = await saveAll();
    if (unsaved.length === 0) {
      await go();
      return;
    }
    confirm({
      title: "Leave without saving?",
      body: `What you changed about ${unsaved.join(" and ")} is not saved, and is lost when you leave.`,
      confirm: "Leave without saving",
      dangerous: true,
      run: async () => {
        dropAll();
        await go();
      },
    });
  };
}
