/** A message between windows of the same browser about their shared session. */
export type SessionNews = { kind: "signed-in" } | { kind: "signed-out"; email: string };

const channel = new BroadcastChannel("journeys.session");

/** Sends a message to every other window. */
export const tellWindows = (news: SessionNews): void => channel.postMessage(news);

/** Calls `hear` for every message of another window. Returns a function that ends this. */
export function hearWindows(hear: (news: SessionNews) => void): () => void {
  const listener = ({ data }: MessageEvent<SessionNews>) => hear(data);
  channel.addEventListener("message", listener);
  return () => channel.removeEventListener("message", listener);
}
