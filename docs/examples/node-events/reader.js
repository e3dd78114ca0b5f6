// Prints who has completed a journey: node reader.js amqp://reader:password@host:5672/
// The queue is ours and stays when this program stops, so nothing is missed in between.
import { fromBinary } from "@bufbuild/protobuf";
import amqp from "amqplib";
import { EnrollmentCompletedSchema } from "./gen/journeys/events/v1/events_pb.js";

const exchange = EnrollmentCompletedSchema.typeName;
const queue = "reader.completions";
const seen = new Set();

const connection = await amqp.connect(process.argv[2] ?? "amqp://guest:guest@127.0.0.1:5672/");
const channel = await connection.createChannel();
// Only checked: the user `reader` may bind to facts, and can create and send nothing but in its own queues.
await channel.checkExchange(exchange);
await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
await channel.bindQueue(queue, exchange, "");
await channel.prefetch(10);
await channel.consume(queue, handle);
console.log(`reading ${exchange}`);

function handle(message) {
  if (message === null) throw new Error("The queue was deleted.");
  // Delivery is at least once: a message may come again, with the same id. A real program keeps the ids in its
  // database, in the transaction that does the work.
  if (!seen.has(message.properties.messageId)) {
    for (const fact of fromBinary(EnrollmentCompletedSchema, message.content).enrollments) {
      console.log(`completed ${fact.userId || fact.anonymousId} in ${fact.journeyId} with the outcome ${fact.outcome}`);
    }
    seen.add(message.properties.messageId);
  }
  // Only now may RabbitMQ forget it.
  channel.ack(message);
}
