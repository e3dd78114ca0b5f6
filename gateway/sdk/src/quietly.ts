/** Keeps a rejected promise from being reported as unhandled; whoever waits for it still hears of it. */
export function quietly<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}
