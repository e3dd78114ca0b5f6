import type { JsonObject, JsonValue, Step } from "../types";
import { openDialog } from "./dialog";
import { action, type Child, h, object, objects, text, words } from "./elements";
import * as language from "./language";
import type { Turn } from "./presenter";

interface Choice {
  value: string;
  label: string;
}

/** Shows questions. The answers are stored in the journey as `journey.<nodeId>.<question id>`. */
export function survey(step: Step): Turn {
  const { payload } = step;
  const questions = objects(payload, "questions");
  // Keeps all answers together below 16 KiB.
  const textLength = Math.min(2_000, Math.floor(5_000 / (questions.length || 1)));

  function mount(): () => void {
    const form: HTMLFormElement = h(
      "form",
      { onsubmit: send },
      ...questions.map((question, index) => ask(question, index, textLength)),
      h(
        "div",
        { class: "actions" },
        action(payload, "secondary", "secondary", () => step.skip()),
        h(
          "button",
          { class: "primary", type: "submit" },
          text(object(payload, "submit") ?? {}, "label") || language.send(),
        ),
      ),
    );
    form.addEventListener("change", () => questions.forEach((question, index) => checkMultiple(form, question, index)));
    questions.forEach((question, index) => checkMultiple(form, question, index));
    return openDialog(
      payload,
      payload.style === "corner" ? "corner" : "modal",
      () => step.dismiss(),
      ...words(payload),
      form,
    );
  }

  function send(event: Event): void {
    event.preventDefault();
    void step.complete(readAnswers(new FormData(event.target as HTMLFormElement), questions));
  }

  return { slot: "dialog", mount };
}

const choices = (question: JsonObject): Choice[] =>
  (Array.isArray(question.options) ? question.options : []).map((option: JsonValue) =>
    option && typeof option === "object" && !Array.isArray(option)
      ? { value: text(option, "value") || text(option, "label"), label: text(option, "label") || text(option, "value") }
      : { value: `${option}`, label: `${option}` },
  );

const scale = (from: number, to: number): Choice[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ value: `${from + index}`, label: `${from + index}` }));

// Uses a fieldset for each question, so that a screen reader reads the question with every choice.
function ask(question: JsonObject, index: number, textLength: number): HTMLElement {
  const name = `q${index}`;
  const required = question.required === true;
  const label = text(question, "label");
  const many = (kind: string, type: string, all: Choice[], face: (choice: Choice) => Child) =>
    h(
      "div",
      { class: kind },
      ...all.map((choice) =>
        h(
          "label",
          {},
          h("input", { type, name, value: choice.value, required: required && type === "radio" }),
          h("span", {}, face(choice)),
        ),
      ),
    );

  const answer =
    {
      single: () => many("choices", "radio", choices(question), (choice) => choice.label),
      multiple: () => many("choices", "checkbox", choices(question), (choice) => choice.label),
      rating: () => many("stars", "radio", scale(1, Math.min(10, Number(question.max) || 5)), star),
      nps: () => many("scale", "radio", scale(0, 10), (choice) => choice.label),
    }[text(question, "type")] ??
    (() =>
      h("textarea", {
        name,
        rows: 3,
        maxlength: textLength,
        required,
        placeholder: text(question, "placeholder"),
        "aria-label": label,
        onkeydown: keep,
        onkeypress: keep,
        onkeyup: keep,
      }));

  const ends = [text(question, "lowLabel"), text(question, "highLabel")];
  return h(
    "fieldset",
    {},
    h("legend", {}, label, required && h("span", { class: "must", "aria-hidden": true }, " *")),
    answer(),
    ends.some((end) => end) && h("div", { class: "ends" }, ...ends.map((end) => h("span", {}, end))),
  );
}

// Stops keys, because to the page a key from within a shadow root is not typed into a field and would trigger its
// shortcuts.
const keep = (event: KeyboardEvent): void => {
  if (event.key !== "Escape") event.stopPropagation();
};

// The star is visual only; screen readers read the number.
const star = ({ label }: Choice): Child => {
  const face = h("b", { "aria-label": label }, "★");
  face.setAttribute("role", "img");
  return face;
};

// Validates by script, because HTML has no group of checkboxes of which at least one is required.
function checkMultiple(form: HTMLFormElement, question: JsonObject, index: number): void {
  if (question.type !== "multiple" || question.required !== true) return;
  const boxes = [...form.querySelectorAll<HTMLInputElement>(`[name=q${index}]`)];
  boxes[0]?.setCustomValidity(boxes.some((box) => box.checked) ? "" : text(question, "label") || "?");
}

function readAnswers(data: FormData, questions: JsonObject[]): JsonObject {
  const result: JsonObject = {};
  questions.forEach((question, index) => {
    const given = data
      .getAll(`q${index}`)
      .map(String)
      .filter((answer) => answer.trim());
    if (given.length === 0) return;
    const type = text(question, "type");
    const first = given[0]!;
    result[text(question, "id") || `q${index + 1}`] =
      type === "multiple" ? given : type === "rating" || type === "nps" ? Number(first) : first;
  });
  return result;
}
