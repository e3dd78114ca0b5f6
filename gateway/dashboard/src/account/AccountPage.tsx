import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useSignedIn } from "../session/session";
import { Page, PageHeader } from "../ui/PageHeader";
import { Facts, Panel } from "../ui/Panel";
import classes from "../ui/Settings.module.css";
import { fieldError, messageOf } from "../ui/States";
import { toast } from "../ui/Toasts";
import { changeName, changePassword, useSignInOptions } from "./calls";
import { NewPassword } from "./NewPassword";
import { Sites } from "./Sites";
import { TwoFactor } from "./TwoFactor";

/** What belongs to the person and to no site: their name, how they sign in and where they belong. */
export function AccountPage() {
  const { session } = useSignedIn();
  const options = useSignInOptions();
  return (
    <Page>
      <PageHeader
        title="Your account"
        about="Yours on every site. What a site calls you and what you may do there is up to its admins."
      />
      <div className={classes.panels}>
        <Name email={session.member?.email ?? ""} known={session.member?.name ?? ""} />
        {options.data?.password ? <Password email={session.member?.email ?? ""} /> : null}
        {options.data?.password ? <TwoFactor /> : null}
        <Sites />
      </div>
    </Page>
  );
}

function Name({ email, known }: { email: string; known: string }) {
  const [name, setName] = useState(known);
  const change = useMutation({
    mutationFn: () => changeName(name.trim()),
    onSuccess: () => toast("Your name is saved"),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Panel title="You">
      <form className={classes.form} onSubmit={submit}>
        <Facts facts={[["E-mail", email]]} />
        <TextInput
          label="Name"
          autoComplete="name"
          required
          maxLength={255}
          value={name}
          error={fieldError(change.error, "name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {change.error && !fieldError(change.error, "name") ? (
          <Alert color="red" role="alert" py="xs">
            {messageOf(change.error)}
          </Alert>
        ) : null}
        <Button
          type="submit"
          variant="default"
          disabled={!name.trim() || name.trim() === known}
          loading={change.isPending}
        >
          Save name
        </Button>
      </form>
    </Panel>
  );
}

function Password({ email }: { email: string }) {
  const [old, setOld] = useState("");
  const [password, setPassword] = useState("");
  const change = useMutation({
    mutationFn: () => changePassword(old, password),
    onSuccess: () => {
      setOld("");
      setPassword("");
      toast("Your password is changed; your other sessions have ended");
    },
  });
  const oldError = fieldError(change.error, "oldPassword");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Panel title="Password" about="Changing it signs you out everywhere but here.">
      <form className={classes.form} onSubmit={submit} aria-label="Change the password">
        {/* For password managers. */}
        <input type="email" autoComplete="username" value={email} readOnly hidden />
        <PasswordInput
          label="Old password"
          autoComplete="current-password"
          required
          value={old}
          error={oldError ? `It ${oldError}` : undefined}
          onChange={(event) => setOld(event.currentTarget.value)}
        />
        <NewPassword
          label="New password"
          value={password}
          change={setPassword}
          error={change.error}
          field="newPassword"
        />
        {change.error && !oldError && !fieldError(change.error, "newPassword") ? (
          <Alert color="red" role="alert" py="xs">
            {messageOf(change.error)}
          </Alert>
        ) : null}
        <Button type="submit" variant="default" disabled={!old || !password} loading={change.isPending}>
          Change password
        </Button>
      </form>
    </Panel>
  );
}
