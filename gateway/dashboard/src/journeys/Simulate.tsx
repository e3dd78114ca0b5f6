import { Button } from "@mantine/core";
import { FlaskConical } from "lucide-react";
import { useNavigate } from "react-router";
import { newRequestId } from "../api/api";
import { useDraft } from "../draft/draft";

/** Starts a simulation of the draft with the default settings. */
export function Simulate() {
  const { journey, autosave } = useDraft();
  const navigate = useNavigate();
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<FlaskConical size={14} aria-hidden />}
      disabled={autosave.state === "conflict"}
      onClick={() => void navigate(`/journeys/${journey.id}/simulate`, { state: { simulate: newRequestId() } })}
    >
      Simulate
    </Button>
  );
}
