import { Button, Progress } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { percentOf } from "../jobs/progress";
import { messageOf } from "../ui/States";
import { inFull, inWords } from "../ui/times";
import { cancelSimulation, type Simulation, usePace } from "./calls";
import classes from "./Walking.module.css";

/** Shows the progress of a simulation and its speed, with a button that cancels it. */
export function Walking({ simulation, mayCancel }: { simulation: Simulation; mayCancel: boolean }) {
  const pace = usePace(simulation);
  const cancel = useMutation({ mutationFn: () => cancelSimulation(simulation) });
  const { status, done, total } = simulation;
  return (
    <section className={classes.walking} aria-label="Progress">
      <h2 className={classes.title}>
        <span role="status">{status === "QUEUED" ? "Waits for its turn" : "People are walking the journey"}</span>
      </h2>
      <Progress.Root size={6}>
        <Progress.Section value={percentOf(simulation) ?? 0} aria-label="People who have walked" />
      </Progress.Root>
      <div className={classes.numbers}>
        <span>
          {inFull(done)} of {inFull(total)}
        </span>
        {pace ? <span>{inFull(Math.round(pace.perSecond))} people a second</span> : null}
        {pace?.left !== undefined && pace.left >= 1 ? <span>{inWords(Math.ceil(pace.left))} left</span> : null}
      </div>
      {cancel.error ? (
        <p className={classes.error} role="alert">
          {messageOf(cancel.error)}
        </p>
      ) : null}
      {mayCancel ? (
        <Button variant="default" size="xs" loading={cancel.isPending} onClick={() => cancel.mutate()}>
          Cancel
        </Button>
      ) : null}
    </section>
  );
}
