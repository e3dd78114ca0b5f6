import { Button, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useLocation } from "react-router";
import { become } from "../session/session";
import { Refusal } from "../ui/Refusal";
import { resetPassword } from "./calls";
import { tokenOf } from "./links";
import { NewPassword } from "./NewPassword";
import { Outside } from "./Outside";

/** Where the link to set a new password leads. */
export function ResetPasswordPage() {
  const token = tokenOf(useLocation().hash);
  const [password, setPassword] = useState("");
  // Every session of the account has ended, the one of this browser too.
  const reset = useMutation({ mutationFn: () => resetPassword(token, password), onSuccess: () => become(null) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    reset.mutate();
  };
  if (reset.isSuccess)
    return (
      <Outside title="Your new password is set">
        <Text size="sm">Everybody who was signed in with the old one is signed out.</Text>
        <Button component={Link} to="/sign-in">
          Sign in
        </Button>
      </Outside>
    );
  return (
    <Outside title="Set a new password">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <NewPassword
            label="New password"
            value={password}
            change={setPassword}
            error={reset.error}
            field="password"
          />
          <Refusal error={reset.error} shownAt={["password"]} />
          <Button type="submit" loading={reset.isPending} fullWidth mt={4}>
            Set the password
          </Button>
        </Stack>
      </form>
    </Outside>
  );
}
