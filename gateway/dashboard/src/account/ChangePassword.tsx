import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Panel } from "../ui/Panel";
import { toast } from "../ui/Toasts";
import { changePassword } from "./calls";
import { Form } from "./Form";
import { PresentPassword } from "./fields";
import { NewPassword } from "./NewPassword";

export function ChangePassword({ email }: { email: string }) {
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
  return (
    <Panel title="Password" about="Changing it signs you out of all other sessions.">
      <Form
        label="Change the password"
        submit={change.mutate}
        error={change.error}
        fields={["oldPassword", "newPassword"]}
      >
        {/* For password managers. */}
        <input type="email" autoComplete="username" value={email} readOnly hidden />
        <PresentPassword label="Old password" field="oldPassword" value={old} change={setOld} error={change.error} />
        <NewPassword
          label="New password"
          value={password}
          change={setPassword}
          error={change.error}
          field="newPassword"
        />
        <Button type="submit" variant="default" disabled={!old || !password} loading={change.isPending}>
          Change password
        </Button>
      </Form>
    </Panel>
  );
}
