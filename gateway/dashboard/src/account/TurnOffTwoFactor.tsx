import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { refreshSession } from "../session/session";
import { Panel } from "../ui/Panel";
import { toast } from "../ui/Toasts";
import { deleteAuthenticator } from "./calls";
import { Form } from "./Form";
import { OneTimeCode, PresentPassword } from "./fields";

/** Turns two-factor authentication off, with the password and a code. */
export function TurnOffTwoFactor() {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const remove = useMutation({
    mutationFn: () => deleteAuthenticator(password, code.trim()),
    onSuccess: async () => {
      toast("Two-factor authentication is off");
      await refreshSession();
    },
  });
  return (
    <Panel
      title="Two-factor authentication"
      about="Enabled. Signing in requires a code from your authenticator app, or a recovery code."
    >
      <Form
        label="Turn off two-factor authentication"
        submit={remove.mutate}
        error={remove.error}
        fields={["password", "code"]}
      >
        <PresentPassword value={password} change={setPassword} error={remove.error} />
        <OneTimeCode value={code} change={setCode} error={remove.error} />
        <Button type="submit" color="red.8" disabled={!password || !code.trim()} loading={remove.isPending}>
          Turn off
        </Button>
      </Form>
    </Panel>
  );
}
