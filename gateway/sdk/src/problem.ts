/** The error of a call. Code against `reason`, never against the text. */
export class DapError extends Error {
  override readonly name = "DapError";

  constructor(
    message: string,
    /** For example `JOURNEY_NOT_PUBLISHED`; `WRONG_CALL` when the call itself is invalid. */
    readonly reason: string,
    /** The HTTP status; 0 when no request was made. */
    readonly status = 0,
    /** The invalid fields, as the gateway reports them. */
    readonly errors: readonly { field?: string; message?: string }[] = [],
  ) {
    super(message);
  }
}

/** The reason when the visitor is a user by now, and nobody has proved to be that user. */
export const visitorJoined = "VISITOR_JOINED";

/** Creates the error for a call with invalid arguments. */
export const wrongCall = (message: string): DapError => new DapError(message, "WRONG_CALL");
