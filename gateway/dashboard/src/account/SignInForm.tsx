import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { signIn } from "../api/session";
import { messageOf } from "../ui/States";

/** E-mail and password; only the password where it is known who it is. */
export function SignInForm({ email: known = "" }: { email?: string }) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const attempt = useMutation({ mutationFn: () => signIn(email.trim(), password) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="Sign in">
      <Stack gap="sm">
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          required
          autoFocus={!known}
          readOnly={known !== ""}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {attempt.error ? (
          <Alert color="red" role="alert" py="xs">
            {messageOf(attempt.error)}
          </Alert>
        ) : null}
        <Button type="submit" loading={attempt.isPending} fullWidth mt={4}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
