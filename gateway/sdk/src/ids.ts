const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** 128 random bits. `randomUUID` would need a page by https. */
export const randomId = (): string => hex(crypto.getRandomValues(new Uint8Array(16)));

let count = 0;

/** Makes an id that sorts by the time at which it was made. */
export const orderedId = (now: number): string =>
  `${now.toString(36).padStart(9, "0")}-${(count++).toString(36).padStart(4, "0")}-${randomId()}`;

/** When an ordered id was made. */
export const timeOf = (id: string): number => parseInt(id, 36);
