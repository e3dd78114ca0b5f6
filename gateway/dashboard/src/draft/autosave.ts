/**
 * Saves changes a moment after the last one, one call at a time. Changes during a call are saved by the next one.
 * Independent of journeys and React: it gets a function that saves, and calls a listener when its state changes.
 */
export type SaveState = "saved" | "waiting" | "saving" | "failed" | "conflict";

export interface AutosaveOptions<Patch> {
  save: (patch: Patch, revision: number) => Promise<number>;
  revision: number;
  onChange: () => void;
  /** Whether the error means that somebody else has changed the draft. */
  isConflict: (error: unknown) => boolean;
  /** Whether the error is transient, so that the same call may succeed later. */
  isPassing: (error: unknown) => boolean;
  delay?: number;
}

export class Autosave<Patch extends object> {
  state: SaveState = "saved";
  error: unknown;
  revision: number;
  private pending: Patch | undefined;
  private sending: Patch | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private failures = 0;

  private listener: () => void;

  constructor(private readonly options: AutosaveOptions<Patch>) {
    this.revision = options.revision;
    this.listener = options.onChange;
  }

  /** The changes that are not known to be saved. */
  get unsaved(): Partial<Patch> {
    return { ...this.sending, ...this.pending } as Partial<Patch>;
  }

  /** Replaces the listener. */
  tell(listener: () => void): void {
    this.listener = listener;
  }

  get isDirty(): boolean {
    return this.pending !== undefined || this.sending !== undefined;
  }

  change(patch: Partial<Patch>): void {
    this.pending = { ...this.pending, ...patch } as Patch;
    if (this.state === "conflict") return;
    if (!this.running) this.become("waiting");
    this.schedule(this.options.delay ?? 700);
  }

  /** Saves now. Returns true when everything is saved afterwards. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    while (this.running || (this.pending && this.state !== "conflict")) {
      await (this.running ?? this.run());
      if (this.state === "failed") break;
    }
    return !this.isDirty;
  }

  /** Continues after a conflict: the unsaved changes overwrite the server's. */
  overwrite(revision: number): Promise<boolean> {
    this.revision = revision;
    this.become("waiting");
    return this.flush();
  }

  /** Discards the unsaved changes; the draft is at this revision now. */
  discard(revision: number): void {
    clearTimeout(this.timer);
    this.pending = undefined;
    this.sending = undefined;
    this.revision = revision;
    this.error = undefined;
    this.become("saved");
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), delay);
  }

  private run(): Promise<void> {
    const patch = this.pending!;
    this.pending = undefined;
    this.sending = patch;
    this.become("saving");
    this.running = this.options.save(patch, this.revision).then(
      (revision) => {
        this.revision = revision;
        this.failures = 0;
        this.error = undefined;
        this.settle(this.pending ? "waiting" : "saved");
      },
      (error: unknown) => {
        if (!this.sending) {
          this.settle(this.pending ? "waiting" : "saved");
          return;
        }
        // Later changes override those that could not be saved.
        this.pending = { ...patch, ...this.pending };
        this.error = error;
        this.settle(this.options.isConflict(error) ? "conflict" : "failed");
        if (this.state === "failed" && this.options.isPassing(error))
          this.schedule(Math.min(30_000, 1_000 * 2 ** this.failures++));
      },
    );
    return this.running;
  }

  private settle(state: SaveState): void {
    this.running = undefined;
    this.sending = undefined;
    this.become(state);
  }

  private become(state: SaveState): void {
    this.state = state;
    this.listener();
  }
}
