import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { Refusal } from "../ui/Refusal";
import { fieldSentence } from "../ui/States";
import { requestPasswordReset } from "./calls";
import { Outside } from "./Outside";

/** Requests a link to set a new password. Does not reveal whether the account exists. */
export function ForgotPasswordPage() {
  const [email, setEmail] = useState("");
  const ask = useMutation({ mutationFn: () => requestPasswordReset(email.trim()) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <Outside title="Reset your password">
      {ask.isSuccess ? (
        <Text size="sm" role="status">
          If {email.trim()} has an account here, a link is on its way. It works once, and for a limited time.
        </Text>
      ) : (
        <form onSubmit={submit}>
          <Stack gap="sm">
            <TextInput
              label="E-mail"
              type="email"
              autoComplete="username"
              required
              autoFocus
              value={email}
              error={fieldSentence(ask.error, "email")}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <Refusal error={ask.error} shownAt={["email"]} />
            <Button type="submit" loading={ask.isPending} fullWidth mt={4}>
              Send me a link
            </Button>
          </Stack>
        </form>
      )}
      <Anchor component={Link} to="/sign-in" size="sm">
        Back to sign-in
      </Anchor>
    </Outside>
  );
}
