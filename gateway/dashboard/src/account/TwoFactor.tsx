import { Alert, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { QRCodeSVG } from "qrcode.react";
import { type FormEvent, type ReactNode, useState } from "react";
import { refreshSession, useSignedIn } from "../session/session";
import { CopyText } from "../ui/CopyText";
import { Panel } from "../ui/Panel";
import classes from "../ui/Settings.module.css";
import { fieldError, messageOf } from "../ui/States";
import { toast } from "../ui/Toasts";
import { confirmAuthenticator, createAuthenticator, deleteAuthenticator } from "./calls";

/** Turns two-factor authentication on and off. */
export function TwoFactor() {
  const { session } = useSignedIn();
  const [codes, setCodes] = useState<readonly string[]>([]);
  if (codes.length > 0) return <RecoveryCodes codes={codes} done={() => setCodes([])} />;
  return session.twoFactor ? <TurnOff /> : <TurnOn show={setCodes} />;
}

const title = "Two-factor authentication";

function TurnOn({ show }: { show: (codes: readonly string[]) => void }) {
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
      <Panel title={title} about="Off. With it, signing in takes a code of an app on your phone beside the password.">
        <Form
          label="Set up two-factor authentication"
          submit={create.mutate}
          error={create.error}
          fields={["password"]}
        >
          <Password value={password} change={setPassword} error={create.error} />
          <Button type="submit" variant="default" disabled={!password} loading={create.isPending}>
            Set up
          </Button>
        </Form>
      </Panel>
    );

  return (
    <Panel title={title} about="Scan this with an authenticator app, then enter the code that it shows.">
      <Form label="Confirm the authenticator app" submit={confirm.mutate} error={confirm.error} fields={["code"]}>
        <div>
          <QRCodeSVG value={create.data.uri} size={176} marginSize={4} title="QR code for the authenticator app" />
        </div>
        <Text size="sm">If you cannot scan it, type this key into the app:</Text>
        <CopyText label="Key for the app" text={create.data.secret} />
        <Code value={code} change={setCode} error={confirm.error} />
        <Button type="submit" disabled={!code.trim()} loading={confirm.isPending}>
          Turn on
        </Button>
      </Form>
    </Panel>
  );
}

function RecoveryCodes({ codes, done }: { codes: readonly string[]; done: () => void }) {
  return (
    <Panel title={title} about="It is on. Your other sessions have ended.">
      <Stack gap="sm" className={classes.form!}>
        <Alert color="yellow" py="xs">
          Keep these recovery codes where you find them without your phone. Each works once in place of the app's code.
          They are not shown again.
        </Alert>
        <CopyText label="Recovery codes" text={codes.join("\n")} />
        <Button variant="default" onClick={done}>
          I have kept them
        </Button>
      </Stack>
    </Panel>
  );
}

function TurnOff() {
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
    <Panel title={title} about="On: signing in takes a code of your authenticator app, or a recovery code.">
      <Form
        label="Turn off two-factor authentication"
        submit={remove.mutate}
        error={remove.error}
        fields={["password", "code"]}
      >
        <Password value={password} change={setPassword} error={remove.error} />
        <Code value={code} change={setCode} error={remove.error} />
        <Button type="submit" color="red.8" disabled={!password || !code.trim()} loading={remove.isPending}>
          Turn off
        </Button>
      </Form>
    </Panel>
  );
}

interface FormProps {
  label: string;
  submit: () => void;
  error: unknown;
  /** Those that show what is wrong with them by themselves. */
  fields: readonly string[];
  children: ReactNode;
}

function Form({ label, submit, error, fields, children }: FormProps) {
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  return (
    <form className={classes.form} onSubmit={onSubmit} aria-label={label}>
      {children}
      {error && !fields.some((field) => fieldError(error, field)) ? (
        <Alert color="red" role="alert" py="xs">
          {messageOf(error)}
        </Alert>
      ) : null}
    </form>
  );
}

interface InputProps {
  value: string;
  change: (value: string) => void;
  error: unknown;
}

const said = (error: unknown, field: string): string | undefined => {
  const message = fieldError(error, field);
  return message && `It ${message}`;
};

function Password({ value, change, error }: InputProps) {
  return (
    <PasswordInput
      label="Your password"
      autoComplete="current-password"
      required
      value={value}
      error={said(error, "password")}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

function Code({ value, change, error }: InputProps) {
  return (
    <TextInput
      label="Code"
      autoComplete="one-time-code"
      required
      maxLength={32}
      value={value}
      error={said(error, "code")}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
