"""Prints who has completed a journey: python3 reader.py amqp://reader:password@host:5672/

The queue is ours and stays when this program stops, so nothing is missed in between. Run ./generate before.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "gen"))

import pika
from journeys.events.v1.events_pb2 import EnrollmentCompleted

EXCHANGE = EnrollmentCompleted.DESCRIPTOR.full_name
QUEUE = "reader.python-completions"
seen = set()


def handle(channel, delivery, properties, body):
    # Delivery is at least once: a message may come again, with the same id. A real program keeps the ids in its database,
    # in the transaction that does the work.
    if properties.message_id not in seen:
        for fact in EnrollmentCompleted.FromString(body).enrollments:
            print(f"completed {fact.user_id or fact.anonymous_id} in {fact.journey_id} with the outcome {fact.outcome}", flush=True)
        seen.add(properties.message_id)
    # Only now may RabbitMQ forget it.
    channel.basic_ack(delivery.delivery_tag)


def main(address):
    channel = pika.BlockingConnection(pika.URLParameters(address)).channel()
    # Only checked: the user `reader` may bind to facts, and can create and send nothing but in its own queues.
    channel.exchange_declare(EXCHANGE, passive=True)
    channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_bind(QUEUE, EXCHANGE)
    channel.basic_qos(prefetch_count=10)
    channel.basic_consume(QUEUE, handle)
    print(f"reading {EXCHANGE}", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    main(sys.argv[1])
