const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Returns 128 random bits. `randomUUID` is available on HTTPS pages only. */
export const randomId = (): string => hex(crypto.getRandomValues(new Uint8Array(16)));

let count = 0;

/** Returns an id that sorts by time. */
export const orderedId = (now: number): string =>
  `${now.toString(36).padStart(9, "0")}-${(count++).toString(36).padStart(4, "0")}-${randomId()}`;

/** Returns the time of an ordered id. */
export const timeOf = (id: string): number => parseInt(id, 36);
