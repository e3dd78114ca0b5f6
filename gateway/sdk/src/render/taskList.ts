import type { Storage } from "../storage";
import type { JsonObject, Step } from "../types";
import { cross, h, objects, safeUrl, text, words } from "./elements";
import type { Turn } from "./presenter";
import { announce, put } from "./stage";

/**
 * Shows a checklist in the corner. A task is completed by hand or by the event that it names; the last task finishes
 * the list.
 */
export function taskList(step: Step, storage: Storage, onTrack: (listen: (name: string) => void) => () => void): Turn {
  return { slot: "list", mount: () => mount(step, storage, onTrack) };
}

function mount(step: Step, storage: Storage, onTrack: (listen: (name: string) => void) => () => void): () => void {
  const { payload } = step;
  const tasks = objects(payload, "tasks").map((task, index) => ({ ...task, id: text(task, "id") || `${index + 1}` }));
  const key = `tasks.${step.enrollmentId}.${step.nodeId}`;
  const isFoldedKey = "tasks.folded";
  const done = new Set(storage.get<string[]>(key) ?? []);
  const boxes = new Map<string, HTMLInputElement>();

  const answer = (): JsonObject => ({ done: tasks.map((task) => task.id).filter((id) => done.has(id)) });
  const finish = (end: Step["complete"]): void => {
    storage.remove(key);
    void end(answer());
  };
  const count = h("span", { class: "count" });
  const bar = h("div", { class: "bar", "aria-hidden": true }, h("i"));

  function tick(id: string, isDone: boolean): void {
    if (isDone) done.add(id);
    else done.delete(id);
    storage.set(key, [...done]);
    draw();
    if (tasks.every((task) => done.has(task.id))) finish(step.complete);
  }

  function draw(): void {
    for (const [id, box] of boxes) box.checked = done.has(id);
    const share = tasks.filter((task) => done.has(task.id)).length;
    count.textContent = `${share}/${tasks.length}`;
    (bar.firstChild as HTMLElement).style.width = `${(100 * share) / (tasks.length || 1)}%`;
  }

  function item(task: JsonObject & { id: string }): HTMLElement {
    const box = h("input", {
      type: "checkbox",
      id: `task-${task.id}`,
      "aria-label": text(task, "label"),
      onchange: () => tick(task.id, box.checked),
    });
    const href = safeUrl(text(task, "url"));
    const label = text(task, "label");
    boxes.set(task.id, box);
    return h(
      "li",
      {},
      box,
      h(
        "div",
        {},
        href ? h("a", { href }, label) : h("label", { for: `task-${task.id}` }, label),
        text(task, "body") && h("small", {}, text(task, "body")),
      ) as Node,
    );
  }

  const folding = h(
    "details",
    { open: !storage.get(isFoldedKey), ontoggle: () => storage.set(isFoldedKey, !folding.open) },
    h("summary", {}, h("h2", {}, text(payload, "title")), count),
    ...words({ ...payload, title: "" }),
    bar,
    h("ul", {}, ...tasks.map(item)),
    tasks.length === 0 && h("button", { class: "primary", type: "button", onclick: () => finish(step.complete) }, "OK"),
  );
  const card = h(
    "section",
    { class: "card list" },
    folding,
    payload.dismissible !== false && cross(payload, () => finish(step.dismiss)),
  );

  draw();
  const ends = [
    put([card]).remove,
    onTrack((name) =>
      tasks.forEach((task) => text(task, "event") === name && !done.has(task.id) && tick(task.id, true)),
    ),
  ];
  announce(card, text(payload, "title"));
  return () => ends.forEach((end) => end());
}
