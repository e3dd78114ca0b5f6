// Calls Journeys over native gRPC: go run ./client HOST:PORT SECRET_KEY
//
// The port is the gateway's gRPC port (by default the one after the public port). Run ./generate before.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	definition "journeys/definition/v1"
	enrollment "journeys/enrollment/v1"
	graph "journeys/graph/v1"
)

// UNAVAILABLE means later, and so does RESOURCE_EXHAUSTED. Calls that create something have a request_id, so that a repeat is the same call.
// Versions of grpc-go before 1.40 retry only with GRPC_GO_RETRY=on in the environment.
const retries = `{
	"methodConfig": [{
		"name": [{}],
		"retryPolicy": {
			"maxAttempts": 5,
			"initialBackoff": "1s",
			"maxBackoff": "10s",
			"backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]
		}
	}]
}`

func main() {
	if len(os.Args) != 3 {
		log.Fatal("Say: client HOST:PORT SECRET_KEY")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(address, key string) error {
	// Without TLS. Newer versions of grpc-go call it NewClient, and insecure.NewCredentials.
	connection, err := grpc.Dial(address, grpc.WithInsecure(), grpc.WithDefaultServiceConfig(retries), grpc.WithUnaryInterceptor(calls(key)))
	if err != nil {
		return err
	}
	defer connection.Close()
	journeys := definition.NewJourneyServiceClient(connection)
	enrollments := enrollment.NewEnrollmentServiceClient(connection)
	ctx := context.Background()

	journey, err := journeys.CreateJourney(ctx, &definition.CreateJourneyRequest{Name: "From Go", Graph: design(), RequestId: newID()})
	if err != nil {
		return err
	}
	fmt.Printf("created %s %s\n", journey.Id, journey.Name)
	journey, err = journeys.PublishJourney(ctx, &definition.PublishJourneyRequest{Id: journey.Id})
	if err != nil {
		return err
	}
	fmt.Printf("published version %d\n", journey.Version)

	if err := enroll(ctx, enrollments, journey.Id); err != nil {
		return err
	}
	if err := read(ctx, enrollments, journey.Id); err != nil {
		return err
	}

	_, err = journeys.CreateJourney(ctx, &definition.CreateJourneyRequest{Name: ""})
	reason, fields := refusal(err)
	fmt.Printf("refused %s %s: %s\n", status.Code(err), reason, strings.Join(fields, "; "))
	return nil
}

func enroll(ctx context.Context, enrollments enrollment.EnrollmentServiceClient, journeyID string) error {
	request := &enrollment.EnrollUsersRequest{JourneyId: journeyID}
	for number := 0; number < 1000; number++ {
		request.UserIds = append(request.UserIds, fmt.Sprintf("go-%d", number))
	}
	answer, err := enrollments.EnrollUsers(ctx, request)
	if err != nil {
		return err
	}

	created := 0
	for _, result := range answer.Results {
		if result.Created {
			created++
		}
	}
	fmt.Printf("enrolled %d\n", created)
	return nil
}

func read(ctx context.Context, enrollments enrollment.EnrollmentServiceClient, journeyID string) error {
	page := &enrollment.ListEnrollmentsRequest{JourneyId: journeyID, PageSize: 200}
	seen, pages := map[string]bool{}, 0
	for pages == 0 || page.PageToken != "" {
		answer, err := enrollments.ListEnrollments(ctx, page)
		if err != nil {
			return err
		}
		for _, each := range answer.Enrollments {
			seen[each.UserId] = true
		}
		page.PageToken = answer.NextPageToken
		pages++
	}
	fmt.Printf("read %d in %d pages\n", len(seen), pages)
	return nil
}

// Gives every call the key and a deadline: without one a call may wait for ever.
func calls(key string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, answer interface{}, connection *grpc.ClientConn, call grpc.UnaryInvoker, options ...grpc.CallOption) error {
		ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key), 30*time.Second)
		defer cancel()
		return call(ctx, method, request, answer, connection, options...)
	}
}

// Returns the reason of a refusal, which programs check, and the fields that are wrong.
func refusal(err error) (reason string, fields []string) {
	for _, detail := range status.Convert(err).Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = detail.Reason
		case *errdetails.BadRequest:
			for _, each := range detail.FieldViolations {
				fields = append(fields, each.Field+" "+each.Description)
			}
		}
	}
	return reason, fields
}

func design() *graph.Graph {
	payload := &structpb.Struct{Fields: map[string]*structpb.Value{"title": structpb.NewStringValue("Welcome")}}
	trigger := &graph.Trigger{Kind: &graph.Trigger_Manual_{Manual: &graph.Trigger_Manual{}}}
	content := &graph.Content{ContentType: graph.Content_FLOW, ContentId: "tour", Payload: payload}
	return &graph.Graph{
		Nodes: []*graph.Node{
			{Id: "start", Kind: &graph.Node_Trigger{Trigger: trigger}},
			{Id: "tour", Kind: &graph.Node_Content{Content: content}},
			{Id: "end", Kind: &graph.Node_Exit{Exit: &graph.Exit{Outcome: "done"}}},
		},
		Edges: []*graph.Edge{
			{Id: "e1", Source: "start", Target: "tour"},
			{Id: "e2", Source: "tour", Target: "end"},
		},
	}
}

func newID() string {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		log.Fatal(err)
	}
	return hex.EncodeToString(id)
}
