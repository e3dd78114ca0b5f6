/** As many ids as `EnrollUsers` takes in one call; in other calls they surely fit into the body. */
export const idsPerCall = 1_000;

/** Sends many items a few at a time, one chunk after the other, and tells how many were sent. */
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
