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

/** The page behind the link to set a new password. */
export function ResetPasswordPage() {
  const token = tokenOf(useLocation().hash);
  const [password, setPassword] = useState("");
  // The reset has ended every session of the account, including that of this browser.
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
