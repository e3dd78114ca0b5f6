import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Facts, Panel } from "../ui/Panel";
import { fieldSentence } from "../ui/States";
import { toast } from "../ui/Toasts";
import { changeName } from "./calls";
import { Form } from "./Form";

export function ChangeName({ email, known }: { email: string; known: string }) {
  const [name, setName] = useState(known);
  const change = useMutation({
    mutationFn: () => changeName(name.trim()),
    onSuccess: () => toast("Your name is saved"),
  });
  return (
    <Panel title="You">
      <Form label="Change your name" submit={change.mutate} error={change.error} fields={["name"]}>
        <Facts facts={[["E-mail", email]]} />
        <TextInput
          label="Name"
          autoComplete="name"
          required
          maxLength={255}
          value={name}
          error={fieldSentence(change.error, "name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          disabled={!name.trim() || name.trim() === known}
          loading={change.isPending}
        >
          Save name
        </Button>
      </Form>
    </Panel>
  );
}
