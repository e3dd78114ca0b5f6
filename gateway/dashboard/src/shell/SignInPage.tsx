import { Alert, Button, PasswordInput, Stack, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Navigate, useLocation } from "react-router";
import { signIn, useSession } from "../api/session";
import { messageOf } from "../ui/States";
import classes from "./SignInPage.module.css";

export function SignInPage() {
  const session = useSession();
  const location = useLocation();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const attempt = useMutation({ mutationFn: () => signIn(email.trim(), password) });

  if (session.data) return <Navigate to={(location.state as { from?: string } | null)?.from ?? "/journeys"} replace />;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  return (
    <main className={classes.page}>
      <form className={classes.card} onSubmit={submit} aria-labelledby="sign-in">
        <img src="/icon.svg" alt="" width={36} height={36} />
        <Title order={1} id="sign-in">Sign in to Journeys</Title>
        <Stack gap="sm">
          <TextInput label="E-mail" type="email" autoComplete="username" required autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          <PasswordInput label="Password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
          {attempt.error ? <Alert color="red" role="alert" py="xs">{messageOf(attempt.error)}</Alert> : null}
          <Button type="submit" loading={attempt.isPending} fullWidth mt={4}>Sign in</Button>
        </Stack>
      </form>
    </main>
  );
}
