import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api";

/** Reads are repeated when the server is away or busy; a refusal stays one. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) =>
        failures < 2 &&
        error instanceof ApiError &&
        (error.status === 0 || error.status === 429 || error.status >= 500),
      retryDelay: (failures, error) =>
        error instanceof ApiError && error.retryAfter ? error.retryAfter * 1_000 : 500 * 2 ** failures,
    },
    mutations: { retry: false },
  },
});

/** Makes a call that changes something, and then has what it changed read again. */
export async function thenRefresh<T>(call: Promise<T>, refresh: () => Promise<unknown>): Promise<T> {
  const answer = await call;
  await refresh();
  return answer;
}
