"""Calls Journeys over native gRPC: python3 client.py HOST:PORT SECRET_KEY

The port is the gateway's gRPC port (by default the one after the public port). Run ./generate before.
"""

import json
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "gen"))

import grpc
from google.rpc import error_details_pb2, status_pb2
from journeys.definition.v1 import definition_service_pb2 as definition
from journeys.definition.v1.definition_service_pb2_grpc import JourneyServiceStub
from journeys.enrollment.v1 import enrollment_service_pb2 as enrollment
from journeys.enrollment.v1.enrollment_service_pb2_grpc import EnrollmentServiceStub
from journeys.graph.v1 import graph_pb2 as graph

# UNAVAILABLE means later, and so does RESOURCE_EXHAUSTED. Calls that create something have a request_id, so that a repeat is the same call.
RETRIES = json.dumps({
    "methodConfig": [{
        "name": [{}],
        "retryPolicy": {
            "maxAttempts": 5,
            "initialBackoff": "1s",
            "maxBackoff": "10s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
        },
    }],
})


class Client:
    """Calls with a key and a deadline: without one a call may wait for ever."""

    def __init__(self, address, key):
        channel = grpc.insecure_channel(address, options=[("grpc.service_config", RETRIES)])
        self.journeys = JourneyServiceStub(channel)
        self.enrollments = EnrollmentServiceStub(channel)
        self.key = key

    def call(self, method, request):
        return method(request, metadata=[("authorization", f"Bearer {self.key}")], timeout=30)


def refusal(error):
    """The reason of a refusal, which programs check, and the fields that are wrong."""
    reason, fields = "", []
    for name, value in error.trailing_metadata() or []:
        if name != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                reason = info.reason
            elif detail.Unpack(request):
                fields = [f"{each.field} {each.description}" for each in request.field_violations]
    return reason, fields


def design():
    content = graph.Content(content_type="FLOW", content_id="tour")
    content.payload.update({"title": "Welcome"})
    return graph.Graph(
        nodes=[
            graph.Node(id="start", trigger=graph.Trigger(manual={})),
            graph.Node(id="tour", content=content),
            graph.Node(id="end", exit=graph.Exit(outcome="done")),
        ],
        edges=[graph.Edge(id="e1", source="start", target="tour"), graph.Edge(id="e2", source="tour", target="end")],
    )


def main(address, key):
    client = Client(address, key)
    create = definition.CreateJourneyRequest(name="From Python", graph=design(), request_id=str(uuid.uuid4()))
    journey = client.call(client.journeys.CreateJourney, create)
    print(f"created {journey.id} {journey.name}")
    journey = client.call(client.journeys.PublishJourney, definition.PublishJourneyRequest(id=journey.id))
    print(f"published version {journey.version}")

    users = [f"python-{number}" for number in range(1000)]
    answer = client.call(client.enrollments.EnrollUsers, enrollment.EnrollUsersRequest(journey_id=journey.id, user_ids=users))
    print(f"enrolled {sum(result.created for result in answer.results)}")

    page, seen, pages = enrollment.ListEnrollmentsRequest(journey_id=journey.id, page_size=200), set(), 0
    while pages == 0 or page.page_token:
        answer = client.call(client.enrollments.ListEnrollments, page)
        seen.update(each.user_id for each in answer.enrollments)
        page.page_token, pages = answer.next_page_token, pages + 1
    print(f"read {len(seen)} in {pages} pages")

    try:
        client.call(client.journeys.CreateJourney, definition.CreateJourneyRequest(name=""))
    except grpc.RpcError as error:
        reason, fields = refusal(error)
        print(f"refused {error.code().name} {reason}: {'; '.join(fields)}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
