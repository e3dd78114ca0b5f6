import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Autosave } from "./autosave";

interface Patch {
  name?: string;
  graph?: string;
}

describe("a draft's changes", () => {
  const save = vi.fn<(patch: Patch, revision: number) => Promise<number>>();
  const states: string[] = [];
  let autosave: Autosave<Patch>;

  beforeEach(() => {
    vi.useFakeTimers();
    save.mockReset().mockImplementation((_, revision) => Promise.resolve(revision + 1));
    states.length = 0;
    autosave = new Autosave<Patch>({
      save,
      revision: 1,
      onChange: () => states.push(autosave.state),
      isConflict: (error) => error === "stale",
      isPassing: (error) => error === "away",
    });
  });
  afterEach(() => void vi.useRealTimers());

  it("are saved together, a moment after the last one", async () => {
    autosave.change({ name: "a" });
    autosave.change({ graph: "g" });
    autosave.change({ name: "b" });
    expect(autosave.isDirty).toBe(true);

    await vi.advanceTimersByTimeAsync(700);

    expect(save.mock.calls).toEqual([[{ name: "b", graph: "g" }, 1]]);
    expect([autosave.state, autosave.revision, autosave.isDirty]).toEqual(["saved", 2, false]);
  });

  it("that come while one is being saved wait for it and go on its revision", async () => {
    let finish!: (revision: number) => void;
    save.mockImplementationOnce(() => new Promise((resolve) => (finish = resolve)));
    autosave.change({ name: "a" });
    await vi.advanceTimersByTimeAsync(700);
    autosave.change({ name: "b" });
    await vi.advanceTimersByTimeAsync(700);
    expect(save).toHaveBeenCalledOnce();

    finish(2);
    await vi.advanceTimersByTimeAsync(0);

    expect(save.mock.lastCall).toEqual([{ name: "b" }, 2]);
    expect(autosave.state).toBe("saved");
  });

  it("are kept and tried again while the server is away", async () => {
    save.mockRejectedValueOnce("away").mockRejectedValueOnce("away");
    autosave.change({ name: "a" });
    await vi.advanceTimersByTimeAsync(700);
    expect([autosave.state, autosave.isDirty]).toEqual(["failed", true]);

    await vi.advanceTimersByTimeAsync(1_000 + 2_000);

    expect(save.mock.lastCall).toEqual([{ name: "a" }, 1]);
    expect(autosave.state).toBe("saved");
  });

  it("that are refused wait for the next change", async () => {
    save.mockRejectedValueOnce("invalid");
    autosave.change({ name: "" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([save.mock.calls.length, autosave.state, autosave.error]).toEqual([1, "failed", "invalid"]);

    autosave.change({ name: "a" });
    await vi.advanceTimersByTimeAsync(700);

    expect([autosave.state, autosave.error]).toEqual(["saved", undefined]);
  });

  it("on a stale revision are held until somebody decides", async () => {
    save.mockRejectedValueOnce("stale");
    autosave.change({ name: "mine" });
    await vi.advanceTimersByTimeAsync(700);
    autosave.change({ graph: "mine too" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([save.mock.calls.length, autosave.state]).toEqual([1, "conflict"]);

    expect(await autosave.overwrite(9)).toBe(true);

    expect(save.mock.lastCall).toEqual([{ name: "mine", graph: "mine too" }, 9]);
  });

  it("can be given up", async () => {
    save.mockRejectedValueOnce("stale");
    autosave.change({ name: "mine" });
    await vi.advanceTimersByTimeAsync(700);

    autosave.discard(9);
    await vi.advanceTimersByTimeAsync(60_000);

    expect([save.mock.calls.length, autosave.state, autosave.isDirty, autosave.revision]).toEqual([
      1,
      "saved",
      false,
      9,
    ]);
  });

  it("can be saved at once", async () => {
    autosave.change({ name: "a" });
    expect(await autosave.flush()).toBe(true);
    expect(save).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(save).toHaveBeenCalledOnce();
  });

  it("are known until they are saved, and forgotten when they are given up", async () => {
    let fail!: (error: string) => void;
    save.mockImplementationOnce(() => new Promise((_, reject) => (fail = reject)));
    autosave.change({ name: "a" });
    await vi.advanceTimersByTimeAsync(700);
    autosave.change({ graph: "g" });
    expect(autosave.unsaved).toEqual({ name: "a", graph: "g" });

    autosave.discard(1);
    fail("away");
    await vi.advanceTimersByTimeAsync(60_000);

    expect([autosave.isDirty, autosave.state, save.mock.calls.length]).toEqual([false, "saved", 1]);
  });
});
