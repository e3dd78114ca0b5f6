import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../api/api";
import { signIn } from "../session/session";
import { Refusal } from "../ui/Refusal";
import { OneTimeCode } from "./fields";

/**
 * Asks for e-mail and password; only for the password if the e-mail is known. Asks for a code if the account has
 * two-factor authentication.
 */
export function SignInForm({ email: known = "" }: { email?: string }) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [isCodeNeeded, setCodeNeeded] = useState(false);
  const attempt = useMutation({
    mutationFn: () => signIn(email.trim(), password, code.trim()),
    onError: (error) => setCodeNeeded(isCodeNeeded || isAboutCode(error)),
  });
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
          autoFocus={known !== ""}
          data-autofocus={known !== "" || undefined}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {isCodeNeeded ? (
          <OneTimeCode
            description="From your authenticator app, or a recovery code."
            autoFocus
            value={code}
            change={setCode}
            error={attempt.error}
          />
        ) : null}
        {isAboutCode(attempt.error) ? null : <Refusal error={attempt.error} shownAt={["code"]} />}
        <Button type="submit" loading={attempt.isPending} fullWidth mt={4}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

const isAboutCode = (error: unknown): boolean => error instanceof ApiError && error.reason === "CODE_NEEDED";
