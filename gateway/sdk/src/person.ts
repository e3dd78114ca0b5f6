import type { Answers } from "./answers";
import type { Emit } from "./events";
import type { IdentityKeeper } from "./identity";
import type { Outbox } from "./outbox/outbox";

const mostRenewals = 3;

/**
 * Returns a function that replaces an anonymous id that belongs to a user by now. Nobody has proved to be that user, so
 * the person here counts as new, and `forget` drops the data of the previous one.
 */
export function createRenewal(
  identity: IdentityKeeper,
  forget: () => void,
): (anonymousId: string) => string | undefined {
  let renewals = 0;

  return (anonymousId) => {
    const isOther = !identity.who().userId && identity.who().anonymousId === anonymousId;
    if (isOther && ++renewals > mostRenewals) return undefined;
    const renewed = identity.renew(anonymousId);
    if (isOther) forget();
    return renewed;
  };
}

/** Reacts to a change of the person, in this tab or another one. */
export function followIdentity(
  identity: IdentityKeeper,
  answers: Answers,
  outbox: Outbox,
  restartStream: () => void,
  forget: () => void,
  emit: Emit,
): void {
  identity.onChange(({ isOther, isElsewhere }) => {
    const { userId, anonymousId } = identity.who();
    restartStream();
    outbox.retry();
    if (!isOther) return;
    if (isElsewhere) forget();
    else answers.awaitIdentify();
    emit("identity", { userId, anonymousId });
  });
}
