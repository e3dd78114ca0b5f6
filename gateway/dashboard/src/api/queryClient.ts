import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api";

/** Retries reads when the server is unreachable or busy, but not when it refuses them. */
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

/** Makes a call that changes data, and then refreshes what it changed. */
export async function thenRefresh<T>(call: Promise<T>, refresh: () => Promise<unknown>): Promise<T> {
  const answer = await call;
  await refresh();
  return answer;
}
