// Calls Journeys by REST: node dist/client.js http://HOST:PORT SECRET_KEY
import createClient from "openapi-fetch";
import type { components, paths } from "./gen/api.js";

const [baseUrl = "http://127.0.0.1:8080", key = process.env.JOURNEYS_SECRET_KEY] = process.argv.slice(2);
const { GET, POST } = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

type Problem = components["schemas"]["Problem"];

// Programs code against the reason, never against the words.
function refusal(problem: Problem): Error {
  return new Error([problem.reason, ...problem.errors.map(({ field, message }) => `${field} ${message}`)].join(" "));
}

function ok<T>({ data, error }: { data?: T; error?: Problem }): T {
  if (data === undefined) throw refusal(error!);
  return data;
}

const journey = ok(
  await POST("/api/journeys", {
    body: {
      name: "From TypeScript",
      graph: {
        nodes: [
          { id: "start", trigger: { manual: {} } },
          {
            id: "tour",
            content: { contentType: "FLOW", contentId: "tour", payload: { title: "Welcome", steps: [1, 2] } },
          },
          { id: "end", exit: { outcome: "done" } },
        ],
        edges: [
          { id: "e1", source: "start", target: "tour" },
          { id: "e2", source: "tour", target: "end" },
        ],
      },
    },
  }),
);
console.log(`created ${journey.id} with ${journey.counts?.nodes} nodes`);

const path = { journeyId: journey.id };
const published = ok(await POST("/api/journeys/{id}/publish", { params: { path: { id: journey.id } }, body: {} }));
console.log(`published version ${published.version}`);

ok(await POST("/sdk/identify", { body: { userId: "grace", traits: { plan: "pro", seats: 3, tags: ["beta"] } } }));
const { user } = ok(await GET("/api/users/{userId}", { params: { path: { userId: "grace" } } }));
console.log(`grace is on ${user?.traits?.plan}`);

const { results } = ok(
  await POST("/api/journeys/{journeyId}/enrollments", { params: { path }, body: { userIds: ["grace"] } }),
);
for (const { userId, created, enrollment } of results) {
  console.log(`${userId} ${created ? "entered" : "was there"} at ${enrollment?.currentNodeId}`);
}

const wrong = await POST("/api/journeys", { body: { name: "" } });
if (wrong.error) console.log(`refused ${wrong.response.status} ${refusal(wrong.error).message}`);
