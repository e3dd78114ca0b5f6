import type { Step } from "../types";
import { announcement } from "./announcement";
import { createPresenter, type Renderer } from "./presenter";
import { createSight } from "./sightings";
import { survey } from "./survey";
import { taskList } from "./taskList";
import { tooltip } from "./tooltip";

/** Renders every kind of content except flows, which the host application's player shows. */
export const render: Renderer = (page) => {
  const told = new WeakSet<Step>();
  const sight = createSight(page);
  return createPresenter(
    page,
    (step) => {
      switch (step.contentType) {
        case "ANNOUNCEMENT":
          return announcement(step);
        case "TOOLTIP":
          return tooltip(step, false, page, sight);
        case "BEACON":
          return tooltip(step, true, page, sight);
        case "SURVEY":
          return survey(step);
        case "TASK_LIST":
          return taskList(step, page.storage, page.onTrack);
        default:
          page.log(
            `The step ${step.nodeId} (${step.contentType}) must be shown by the page: pass journeys.onStep to init.`,
          );
          // Emitted once, because the step is requested again with every change of positions.
          if (!told.has(step)) page.emit("notShown", step, "NO_PLAYER");
          told.add(step);
          sight(step, "NO_PLAYER");
          return undefined;
      }
    },
    sight,
  );
};
