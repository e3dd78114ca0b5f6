import type { Answers } from "./answers";
import type { Emit } from "./events";
import type { IdentityKeeper } from "./identity";
import type { Outbox } from "./outbox/outbox";

const mostRenewals = 3;

/**
 * Returns what gives this browser another visitor's id in place of one that is of a user by now. Since nobody has
 * proved to be that user, whoever is here is somebody new, and `forget` drops what is known of the person before.
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

/** Goes on with the person that is meant from now on, whoever said so. */
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
