import type { Renderer } from "../presenter";
import { announcement } from "./announcement";
import { survey } from "./survey";
import { taskList } from "./taskList";
import { tooltip } from "./tooltip";

/** Shows every kind of content but flows, which are for the host's own player. */
export const render: Renderer =
  ({ log, storage, onTrack }) =>
  (step) => {
    switch (step.contentType) {
      case "ANNOUNCEMENT":
        return announcement(step);
      case "TOOLTIP":
        return tooltip(step, false);
      case "BEACON":
        return tooltip(step, true);
      case "SURVEY":
        return survey(step);
      case "TASK_LIST":
        return taskList(step, storage, onTrack);
      default:
        log(`The step ${step.nodeId} (${step.contentType}) must be shown by the page: pass journeys.onStep to init.`);
        return undefined;
    }
  };
