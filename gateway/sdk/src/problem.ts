/** Why a call failed. Code against `reason`, never against the text. */
export class DapError extends Error {
  override readonly name = "DapError";

  constructor(
    message: string,
    /** For instance `JOURNEY_NOT_PUBLISHED`; `WRONG_CALL` when the call itself is wrong. */
    readonly reason: string,
    /** The HTTP status; 0 when nothing was asked. */
    readonly status = 0,
    /** Which fields are wrong, as the gateway reports them. */
    readonly errors: readonly { field?: string; message?: string }[] = [],
  ) {
    super(message);
  }
}

/** The reason when the visitor is a user by now, and nobody has proved to be that one. */
export const visitorJoined = "VISITOR_JOINED";

/** Makes the error for a call with wrong arguments. */
export const wrongCall = (message: string): DapError => new DapError(message, "WRONG_CALL");
