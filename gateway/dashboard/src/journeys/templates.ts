import type { CreateJourneyRequestJson } from "../contract/journeys/definition/v1/definition_service_pb";
import type { EdgeJson, NodeJson } from "../contract/journeys/graph/v1/graph_pb";

/** A template for a new journey. Each can be published without changes. */
export interface Template {
  id: string;
  name: string;
  about: string;
  design: CreateJourneyRequestJson;
}

const announcement = (contentId: string, title: string, body: string, style = "modal") => ({
  contentType: "ANNOUNCEMENT" as const,
  contentId,
  payload: { title, body, style, primary: { label: "OK" } },
});

/** Returns an edge for each `source>target` or `source:branch>target`. */
const edges = (...ways: string[]): EdgeJson[] =>
  ways.map((way) => {
    const [from = "", target = ""] = way.split(">");
    const [source = "", branch = ""] = from.split(":");
    return { id: `${source}-${branch || "next"}`, source, target, branch };
  });

const nodes = (...list: NodeJson[]): NodeJson[] => list;

export const templates: readonly Template[] = [
  {
    id: "blank",
    name: "Blank",
    about: "An empty canvas.",
    design: {},
  },
  {
    id: "onboarding",
    name: "Onboarding program",
    about: "Welcome people, wait for their first success, help those who have none.",
    design: {
      allowAnonymous: true,
      reEnrollment: "AFTER_EARLY_EXIT",
      goal: { rule: { event: { name: "project_created", atLeast: 1 } }, deadline: "1209600s" },
      graph: {
        nodes: nodes(
          { id: "signed-up", name: "Signed up", trigger: { customEvent: { eventName: "signed_up" } } },
          {
            id: "welcome",
            name: "Welcome",
            content: announcement("welcome", "Welcome aboard", "Two minutes, and you know your way around."),
          },
          {
            id: "first-steps",
            name: "First steps",
            content: {
              contentType: "TASK_LIST",
              contentId: "first-steps",
              expireAfter: "604800s",
              payload: {
                title: "First steps",
                tasks: [
                  { id: "profile", label: "Fill in your profile" },
                  { id: "project", label: "Create a project" },
                  { id: "invite", label: "Invite a colleague" },
                ],
              },
            },
          },
          {
            id: "first-project",
            name: "First project",
            waitForEvent: { events: [{ eventName: "project_created" }], timeout: "259200s" },
          },
          {
            id: "next-morning",
            name: "A quiet morning",
            wait: { localTime: { time: "09:00", weekdays: ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"] } },
          },
          {
            id: "offer-help",
            name: "Offer help",
            content: announcement("offer-help", "Shall we help?", "A short call gets most teams going.", "banner"),
          },
          {
            id: "ask",
            name: "How is it going",
            content: {
              contentType: "SURVEY",
              contentId: "how-is-it-going",
              payload: {
                title: "How is it going?",
                questions: [{ id: "rating", type: "nps", label: "Would you recommend us?" }],
              },
            },
          },
          { id: "reached", name: "Goal reached?", goalCheck: {} },
          { id: "onboarded", name: "Onboarded", exit: { outcome: "onboarded" } },
          { id: "not-yet", name: "Not yet", exit: { outcome: "not-yet" } },
        ),
        edges: edges(
          "signed-up>welcome",
          "welcome>first-steps",
          "first-steps>first-project",
          "first-steps:timeout>first-project",
          "first-project:event>ask",
          "first-project:timeout>next-morning",
          "next-morning>offer-help",
          "offer-help>ask",
          "ask>reached",
          "reached:success>onboarded",
          "reached:fallback>not-yet",
        ),
      },
    },
  },
  {
    id: "training",
    name: "Training path",
    about: "Lessons one after another, a quiz, and a second try for those who need it.",
    design: {
      reEnrollment: "ALWAYS",
      reEnrollmentCooldown: "2592000s",
      graph: {
        nodes: nodes(
          { id: "enrolled", name: "Enrolled", trigger: { manual: {} } },
          { id: "lesson-1", name: "Lesson 1", content: { contentType: "FLOW", contentId: "lesson-1" } },
          { id: "rest", name: "Let it sink in", wait: { duration: "86400s" } },
          { id: "lesson-2", name: "Lesson 2", content: { contentType: "FLOW", contentId: "lesson-2" } },
          {
            id: "quiz",
            name: "Quiz",
            content: {
              contentType: "SURVEY",
              contentId: "quiz",
              expireAfter: "1209600s",
              payload: {
                title: "What do you remember?",
                questions: [{ id: "sure", type: "rating", label: "How sure are you of it?", required: true }],
              },
            },
          },
          {
            id: "passed",
            name: "Passed?",
            condition: {
              branches: [
                { name: "passed", rule: { condition: { field: "journey.quiz.sure", operator: "GTE", value: 4 } } },
              ],
            },
          },
          { id: "again", name: "Once more", content: { contentType: "FLOW", contentId: "summary" } },
          { id: "trained", name: "Trained", exit: { outcome: "trained" } },
          { id: "gave-up", name: "Gave up", exit: { outcome: "gave-up" } },
        ),
        edges: edges(
          "enrolled>lesson-1",
          "lesson-1>rest",
          "rest>lesson-2",
          "lesson-2>quiz",
          "quiz>passed",
          "quiz:timeout>gave-up",
          "passed:passed>trained",
          "passed:else>again",
          "again>quiz",
        ),
      },
    },
  },
  {
    id: "adoption",
    name: "Adoption campaign",
    about: "Show a feature in two ways, compare them, remind once.",
    design: {
      goal: {
        rule: { event: { name: "feature_used", atLeast: 3, within: "1209600s" } },
        deadline: "2592000s",
        exitOnGoal: true,
      },
      graph: {
        nodes: nodes(
          {
            id: "dashboard",
            name: "Opened the dashboard",
            trigger: { urlMatch: { matchType: "CONTAINS", pattern: "/dashboard" } },
          },
          {
            id: "two-ways",
            name: "Two ways to show it",
            split: {
              variants: [
                { name: "hint", percent: 50 },
                { name: "tour", percent: 50 },
              ],
            },
          },
          {
            id: "hint",
            name: "Hint",
            content: {
              contentType: "BEACON",
              contentId: "feature-hint",
              payload: { title: "New here", body: "This saves you a click.", selector: "#feature" },
            },
          },
          { id: "tour", name: "Tour", content: { contentType: "FLOW", contentId: "feature-tour" } },
          {
            id: "used",
            name: "Used it",
            waitForEvent: { events: [{ eventName: "feature_used" }], timeout: "604800s" },
          },
          {
            id: "remind",
            name: "Remind",
            content: announcement(
              "feature-reminder",
              "Have you tried it?",
              "It is still there, where you left it.",
              "banner",
            ),
          },
          { id: "adopted", name: "Adopted", exit: { outcome: "adopted" } },
          { id: "not-adopted", name: "Not adopted", exit: { outcome: "not-adopted" } },
        ),
        edges: edges(
          "dashboard>two-ways",
          "two-ways:hint>hint",
          "two-ways:tour>tour",
          "hint>used",
          "tour>used",
          "used:event>adopted",
          "used:timeout>remind",
          "remind>not-adopted",
        ),
      },
    },
  },
];
