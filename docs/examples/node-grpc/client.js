// Calls Journeys over native gRPC: node client.js HOST:PORT SECRET_KEY
// The port is the gateway's gRPC port (by default the one after the public port).
"use strict";

const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const protoLoader = require("@grpc/proto-loader");
const protobuf = require("protobufjs");

const [address = "127.0.0.1:8081", key = process.env.JOURNEYS_SECRET_KEY] = process.argv.slice(2);
const protos = path.resolve(__dirname, "../../../protos");
const definition = protoLoader.loadSync("journeys/definition/v1/definition_service.proto", {
  includeDirs: [protos],
  enums: String,
  defaults: true,
});
const { JourneyService } = grpc.loadPackageDefinition(definition).journeys.definition.v1;

const client = new JourneyService(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set("authorization", `Bearer ${key}`);

// A deadline on every call: without one a call may wait for ever.
function call(method, request) {
  return new Promise((resolve, reject) => {
    client[method](request, metadata, { deadline: Date.now() + 5000 }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    );
  });
}

// Programs code against the reason, never against the message. It comes as google.rpc.ErrorInfo in a google.rpc.Status.
const rpc = protobuf.parse(`
  syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; }
`).root;

function reasonOf(error) {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const details = bytes ? rpc.lookupType("Status").decode(bytes).details : [];
  const info = details.find((detail) => detail.typeUrl.endsWith("/google.rpc.ErrorInfo"));
  return info ? rpc.lookupType("ErrorInfo").decode(info.value).reason : "";
}

async function main() {
  const journey = await call("CreateJourney", { name: "From Node" });
  console.log(`created ${journey.id} ${journey.name}`);

  const { journeys, totalSize } = await call("ListJourneys", { search: "Node", pageSize: 10 });
  console.log(`${totalSize} journey${totalSize === 1 ? "" : "s"}: ${journeys.map((each) => each.name).join(", ")}`);

  try {
    await call("GetVersion", { id: journey.id, version: 1 });
  } catch (error) {
    console.log(`refused ${grpc.status[error.code]} ${reasonOf(error)}`);
  }
}

main()
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  })
  .finally(() => client.close());
