import { useState } from "react";
import { useSignedIn } from "../session/session";
import { RecoveryCodes } from "./RecoveryCodes";
import { TurnOffTwoFactor } from "./TurnOffTwoFactor";
import { TurnOnTwoFactor } from "./TurnOnTwoFactor";

/** Turns two-factor authentication on and off. */
export function TwoFactor() {
  const { session } = useSignedIn();
  const [codes, setCodes] = useState<readonly string[]>([]);
  if (codes.length > 0) return <RecoveryCodes codes={codes} done={() => setCodes([])} />;
  return session.twoFactor ? <TurnOffTwoFactor /> : <TurnOnTwoFactor show={setCodes} />;
}
