import { Modal, Stack, Text, TextInput } from "@mantine/core";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import { DialogButtons } from "./DialogButtons";
import { Refusal } from "./Refusal";

interface Question {
  title: string;
  /** What will happen, and to how many people. */
  body: ReactNode;
  /** The verb on the button. */
  confirm: string;
  dangerous?: boolean;
  /** A word that must be typed to confirm, for actions that cannot be undone. */
  typed?: string;
  /** Runs while the dialog stays open. An error is shown there. */
  run: () => Promise<unknown>;
}

const Context = createContext<(question: Question) => void>(() => {});

/** Asks for confirmation before an action that affects people. */
export const useConfirm = () => useContext(Context);

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [question, setQuestion] = useState<Question>();
  const [open, setOpen] = useState(false);
  const ask = useCallback((next: Question) => {
    setQuestion(next);
    setOpen(true);
  }, []);
  return (
    <Context.Provider value={ask}>
      {children}
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={question?.title}
        // Above a dialog whose button asks.
        zIndex={300}
        closeButtonProps={{ "aria-label": "Close" }}
        onExitTransitionEnd={() => setQuestion(undefined)}
      >
        {question ? <Ask question={question} close={() => setOpen(false)} /> : null}
      </Modal>
    </Context.Provider>
  );
}

function Ask({ question, close }: { question: Question; close: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [typed, setTyped] = useState("");
  const run = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await question.run();
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Stack gap="md">
      <Text size="md" component="div">
        {question.body}
      </Text>
      {question.typed ? (
        <TextInput
          label={`Type ${question.typed} to confirm`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
      ) : null}
      <Refusal error={error} />
      <DialogButtons
        verb={question.confirm}
        run={() => void run()}
        dangerous={question.dangerous ?? false}
        ready={question.typed === undefined || typed === question.typed}
        busy={busy}
        close={close}
      />
    </Stack>
  );
}
