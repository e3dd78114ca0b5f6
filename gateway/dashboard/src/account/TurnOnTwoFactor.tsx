import { Button, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { QRCodeSVG } from "qrcode.react";
import { useState } from "react";
import { refreshSession } from "../session/session";
import { CopyText } from "../ui/CopyText";
import { Panel } from "../ui/Panel";
import { confirmAuthenticator, createAuthenticator } from "./calls";
import { Form } from "./Form";
import { OneTimeCode, PresentPassword } from "./fields";

/** Sets up an authenticator app: asks for the password, shows the QR code, and asks for a code of the app. */
export function TurnOnTwoFactor({ show }: { show: (codes: readonly string[]) => void }) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const create = useMutation({ mutationFn: () => createAuthenticator(password) });
  const confirm = useMutation({
    mutationFn: () => confirmAuthenticator(code.trim()),
    onSuccess: async ({ recoveryCodes }) => {
      show(recoveryCodes);
      await refreshSession();
    },
  });

  if (!create.data)
    return (
      <Panel
        title="Two-factor authentication"
        about="Disabled. When enabled, signing in requires a code from an app on your phone and the password."
      >
        <Form
          label="Set up two-factor authentication"
          submit={create.mutate}
          error={create.error}
          fields={["password"]}
        >
          <PresentPassword value={password} change={setPassword} error={create.error} />
          <Button type="submit" variant="default" disabled={!password} loading={create.isPending}>
            Set up
          </Button>
        </Form>
      </Panel>
    );

  return (
    <Panel
      title="Two-factor authentication"
      about="Scan this with an authenticator app, then enter the code that it shows."
    >
      <Form label="Confirm the authenticator app" submit={confirm.mutate} error={confirm.error} fields={["code"]}>
        <div>
          <QRCodeSVG value={create.data.uri} size={176} marginSize={4} title="QR code for the authenticator app" />
        </div>
        <Text size="sm">If you cannot scan it, type this key into the app:</Text>
        <CopyText label="Key for the app" text={create.data.secret} />
        <OneTimeCode value={code} change={setCode} error={confirm.error} />
        <Button type="submit" disabled={!code.trim()} loading={confirm.isPending}>
          Turn on
        </Button>
      </Form>
    </Panel>
  );
}
