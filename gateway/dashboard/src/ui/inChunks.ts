/** The maximum number of ids in one call of `EnrollUsers`. That many also fit into the body of other calls. */
export const idsPerCall = 1_000;

/** Sends items in chunks, one after the other, and reports how many were sent. */
export async function inChunks<T>(
  items: readonly T[],
  size: number,
  send: (chunk: readonly T[]) => Promise<void>,
  onProgress: (done: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (let done = 0; done < items.length; done += size) {
    signal?.throwIfAborted();
    const chunk = items.slice(done, done + size);
    await send(chunk);
    onProgress(done + chunk.length);
  }
}
