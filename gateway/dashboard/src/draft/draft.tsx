import { useQuery } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "react";
import { useBeforeUnload } from "react-router";
import { ApiError, api, path } from "../api/api";
import { queryClient } from "../api/queryClient";
import type { UpdateJourneyRequestJson } from "../contract/journeys/definition/v1/definition_service_pb";
import type { DesignJson, JourneyJson } from "../contract/journeys/definition/v1/journey_pb";
import { useSignedIn } from "../session/session";
import { Failed, Loading } from "../ui/States";
import { useUnsaved } from "../ui/unsaved";
import { Autosave } from "./autosave";
import { type Journey, journeyKey, readJourney } from "./calls";
import { comeBack, leaveBehind, leftBehind, type Patch } from "./leftBehind";

/** The draft of the open journey, with its saved state. Shared by the builder and the enrollment rules. */
interface Draft {
  /** The journey as the server last returned it. */
  journey: Journey;
  /** The design as it is being edited. */
  design: DesignJson;
  change: (patch: Patch) => void;
  autosave: Autosave<Patch>;
  readOnly: boolean;
  /** Replaces the draft on the screen by the server's. */
  reload: () => Promise<void>;
  /** Whether *Publish* was clicked. Before that, missing connections are not shown as problems. */
  publishAsked: boolean;
  askToPublish: () => void;
  /** A number that grows whenever another draft replaces the one on the screen. */
  generation: number;
}

const Context = createContext<Draft | undefined>(undefined);

export function useDraft(): Draft {
  const draft = useContext(Context);
  if (!draft) throw new Error("useDraft is only for pages of one journey.");
  return draft;
}

export function DraftProvider({ journeyId, children }: { journeyId: string; children: ReactNode }) {
  const journey = useQuery({
    queryKey: journeyKey(journeyId),
    queryFn: ({ signal }) => readJourney(journeyId, signal),
    refetchOnWindowFocus: true,
    refetchInterval: ({ state }) => (state.data ? nextMoveIn(state.data) : false),
  });
  if (journey.data)
    return (
      <Loaded key={journeyId} journey={journey.data}>
        {children}
      </Loaded>
    );
  return journey.error ? <Failed error={journey.error} retry={() => void journey.refetch()} /> : <Loading />;
}

/** Returns when to look for an automatic change of the journey: one that is being applied, or the end of a pause. */
function nextMoveIn({ appliedEverywhere, pause }: Journey): number | false {
  if (!appliedEverywhere) return 3_000;
  if (!pause?.resumeTime) return false;
  return Math.min(Math.max(new Date(pause.resumeTime).getTime() - Date.now(), 3_000), 300_000);
}

function Loaded({ journey, children }: { journey: Journey; children: ReactNode }) {
  const { may } = useSignedIn();
  const [, show] = useReducer((count: number) => count + 1, 0);
  const [generation, setGeneration] = useState(0);
  const [publishAsked, setPublishAsked] = useState(false);
  const askToPublish = useCallback(() => setPublishAsked(true), []);
  const { id } = journey;

  const autosave = useState(
    () =>
      leftBehind(id) ??
      new Autosave<Patch>({
        revision: journey.revision,
        save: async (patch, revision) => {
          const saved = await api.patch<JourneyJson>(path`/api/journeys/${id}`, toRequest(patch, revision));
          queryClient.setQueryData(journeyKey(id), saved);
          return saved.revision;
        },
        onChange: show,
        isConflict: (error) => error instanceof ApiError && error.reason === "STALE_REVISION",
        isPassing: (error) =>
          error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500),
      }),
  )[0];
  const [design, setDesign] = useState<DesignJson>(() => ({ ...designOf(journey), ...autosave.unsaved }));

  const take = useCallback(
    (fresh: Journey) => {
      autosave.revision = fresh.revision;
      setDesign(designOf(fresh));
      setGeneration((count) => count + 1);
    },
    [autosave],
  );

  // Takes over somebody else's change while nothing is unsaved; otherwise saving will notice the conflict.
  const seen = useRef(journey.revision);
  useEffect(() => {
    if (journey.revision === seen.current) return;
    seen.current = journey.revision;
    if (journey.revision > autosave.revision && !autosave.isDirty) take(journey);
  }, [journey, autosave, take]);

  const name = useRef("");
  name.current = design.name ?? "";
  useEffect(() => {
    comeBack({ id, name: name.current, autosave }, show);
    return () => leaveBehind({ id, name: name.current, autosave });
  }, [id, autosave]);
  useUnsaved({
    name: design.name ?? "",
    isDirty: () => autosave.isDirty,
    save: () => autosave.flush(),
    drop: () => autosave.discard(autosave.revision),
  });
  useBeforeUnload((event) => {
    if (!autosave.isDirty) return;
    void autosave.flush();
    event.preventDefault();
  });

  const change = useCallback(
    (patch: Patch) => {
      setDesign((before) => ({ ...before, ...patch }));
      autosave.change(patch);
    },
    [autosave],
  );

  const reload = useCallback(async () => {
    const fresh = await readJourney(id);
    autosave.discard(fresh.revision);
    queryClient.setQueryData(journeyKey(id), fresh);
    seen.current = fresh.revision;
    take(fresh);
  }, [autosave, id, take]);

  const readOnly = !may("EDITOR") || journey.status === "ARCHIVED";
  const { state } = autosave;
  // biome-ignore lint/correctness/useExhaustiveDependencies: readers of the object need to see its state change.
  const value = useMemo(
    () => ({ journey, design, change, autosave, readOnly, reload, publishAsked, askToPublish, generation }),
    [journey, design, change, autosave, state, readOnly, reload, publishAsked, askToPublish, generation],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

// The update request wraps exit rules in a message, which distinguishes no rules from no change.
const toRequest = ({ exits, ...patch }: Patch, revision: number): Omit<UpdateJourneyRequestJson, "id"> => ({
  ...patch,
  ...(exits ? { exits: { rules: exits } } : {}),
  revision,
});

/** Returns the fields of a journey that an author edits. */
export function designOf(journey: Journey): DesignJson {
  const {
    name,
    description,
    audienceId,
    autoEnroll,
    allowAnonymous,
    reEnrollment,
    reEnrollmentCooldown,
    goal,
    timeZone,
    graph,
    exits,
  } = journey;
  return {
    name,
    description,
    audienceId,
    autoEnroll,
    allowAnonymous,
    reEnrollment,
    timeZone,
    ...(reEnrollmentCooldown === undefined ? {} : { reEnrollmentCooldown }),
    ...(goal === undefined ? {} : { goal }),
    ...(exits.length === 0 ? {} : { exits }),
    ...(graph === undefined ? {} : { graph }),
  };
}
