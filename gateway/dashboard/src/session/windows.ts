/** What windows of the same browser tell each other about the session, which they share. */
export type SessionNews = { kind: "signed-in" } | { kind: "signed-out"; email: string };

const channel = new BroadcastChannel("journeys.session");

/** Tells every other window. */
export const tellWindows = (news: SessionNews): void => channel.postMessage(news);

/** Calls back with what another window tells; gives what ends that. */
export function hearWindows(hear: (news: SessionNews) => void): () => void {
  const listener = ({ data }: MessageEvent<SessionNews>) => hear(data);
  channel.addEventListener("message", listener);
  return () => channel.removeEventListener("message", listener);
}
