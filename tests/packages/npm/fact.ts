// Writes a fact in base64, with nothing of Journeys but its npm package.
import { create, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { JourneyService } from "@journeys/protos/journeys/definition/v1/definition_service_pb.js";
import type { JourneyJson } from "@journeys/protos/journeys/definition/v1/journey_pb.js";
import { EnrollmentCompletedSchema } from "@journeys/protos/journeys/events/v1/events_pb.js";

// The package has services and the types of JSON too: these are made, and checked by the compiler.
const client = createClient(JourneyService, createGrpcTransport({ baseUrl: "http://127.0.0.1:8081" }));
const journey: JourneyJson = { name: "From npm" };
if (typeof client.createJourney !== "function" || journey.name === undefined) throw new Error("No client was made.");

const fact = create(EnrollmentCompletedSchema, { enrollments: [{ userId: "ada", outcome: "paid" }] });
console.log(Buffer.from(toBinary(EnrollmentCompletedSchema, fact)).toString("base64"));
