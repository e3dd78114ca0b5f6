import { useMutation } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useLocation, useNavigate, useParams } from "react-router";
import { newRequestId } from "../api/api";
import { useVersion } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { readGraph } from "../graph/graph";
import { placed } from "../graph/layout";
import { useAudiences } from "../rules/known";
import { Failed, Loading } from "../ui/States";
import { createSimulation, isGoing, useSimulation } from "./calls";
import { guess } from "./guess";
import { Refused } from "./Refused";
import { SetupForm } from "./SetupForm";
import { Simulated } from "./Simulated";
import { defaultSetup, type Setup, setupOf, toRequest } from "./setup";

/**
 * Simulates the draft with invented people in virtual time. When opened by *Simulate*, starts immediately with the
 * default settings.
 */
export function SimulationPage() {
  const { journey, design, readOnly, autosave } = useDraft();
  const { simulationId } = useParams();
  const navigate = useNavigate();
  const audiences = useAudiences();
  const { data: simulation, error, refetch } = useSimulation(journey.id, simulationId);
  const version = simulation?.design?.version ?? 0;
  const tried = useVersion(journey.id, version);
  const [changes, setChanges] = useState<Partial<Setup>>({});

  const guessed = useMemo(
    () => guess(design, (id) => audiences.data?.find((each) => each.id === id)?.rule),
    [design, audiences.data],
  );
  const usual = defaultSetup(design, guessed, journey.version);
  const compares = simulation?.baseline !== undefined;
  const setup = { ...(simulation?.request ? setupOf(simulation.request, usual, compares) : usual), ...changes };

  const begin = useMutation({
    mutationFn: async ({ requestId, patch = {} }: { requestId: string; patch?: Partial<Setup> }) => {
      // Saves first, because the server simulates the draft that it has.
      if (!(await autosave.flush())) throw new Error("The draft is not saved yet, so it cannot be simulated.");
      const chosen = { ...setup, ...patch };
      return createSimulation(journey.id, {
        design: { draft: true },
        ...(chosen.compare && journey.version > 0 ? { baseline: { version: journey.version } } : {}),
        request: toRequest(chosen, guessed),
        requestId,
      });
    },
    onSuccess: ({ id }) => {
      setChanges({});
      void navigate(`/journeys/${journey.id}/simulate/${id}`);
    },
  });
  const again = (patch?: Partial<Setup>) => begin.mutate({ requestId: newRequestId(), ...(patch ? { patch } : {}) });

  const { mutate } = begin;
  const asked = (useLocation().state as { simulate?: string } | null)?.simulate;
  useEffect(() => {
    if (!asked || audiences.isPending || readOnly) return;
    // Runs once, so that reloading the page or returning to it starts no other simulation.
    void navigate(`/journeys/${journey.id}/simulate`, { replace: true, state: null });
    mutate({ requestId: asked });
  }, [asked, audiences.isPending, readOnly, journey.id, navigate, mutate]);

  const graphText = JSON.stringify((version > 0 ? tried.data?.design : design)?.graph ?? {});
  // Keeps the same object as long as the content is the same, so that the canvas keeps its view.
  const graph = useMemo(() => placed(readGraph(JSON.parse(graphText))), [graphText]);

  if (error && (!simulation || isGoing(simulation))) return <Failed error={error} retry={() => void refetch()} />;
  if (simulationId && (!simulation || (version > 0 && !tried.data))) return <Loading label="Loading the simulation" />;
  return (
    <Simulated
      key={simulationId ?? ""}
      simulation={simulation}
      graph={graph}
      again={readOnly || begin.isPending ? undefined : again}
      problem={begin.error ? <Refused error={begin.error} journeyId={journey.id} /> : null}
      form={
        readOnly ? null : (
          <SetupForm
            setup={setup}
            change={(patch) => setChanges((before) => ({ ...before, ...patch }))}
            version={journey.version}
            error={begin.error}
            isBusy={begin.isPending}
            isAgain={simulation !== undefined}
            begin={() => again()}
          />
        )
      }
    />
  );
}
