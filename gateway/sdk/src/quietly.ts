/** Prevents a rejected promise from being reported as unhandled. Code that awaits it still gets the error. */
export function quietly<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}
