// Prints who has completed a journey: go run ./reader amqp://reader:password@host:5672/
//
// The queue is ours and stays when this program stops, so nothing is missed in between. Run ./generate before.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"

	amqp "github.com/rabbitmq/amqp091-go"
	"google.golang.org/protobuf/proto"

	events "journeys/events/v1"
)

const queue = "reader.go-completions"

var (
	exchange = string((&events.EnrollmentCompleted{}).ProtoReflect().Descriptor().FullName())
	seen     = map[string]bool{}
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("Say: reader amqp://USER:PASSWORD@HOST:5672/")
	}
	log.Fatal(run(os.Args[1]))
}

func run(address string) error {
	connection, err := amqp.Dial(address)
	if err != nil {
		return err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	deliveries, err := subscribe(channel)
	if err != nil {
		return err
	}

	fmt.Printf("reading %s\n", exchange)
	for delivery := range deliveries {
		if err := handle(delivery); err != nil {
			return err
		}
	}
	return errors.New("RabbitMQ closed the connection")
}

func subscribe(channel *amqp.Channel) (<-chan amqp.Delivery, error) {
	// Only checked: the user `reader` may bind to facts, and can create and send nothing but in its own queues.
	if err := channel.ExchangeDeclarePassive(exchange, "fanout", true, false, false, false, nil); err != nil {
		return nil, err
	}
	if _, err := channel.QueueDeclare(queue, true, false, false, false, amqp.Table{"x-queue-type": "quorum"}); err != nil {
		return nil, err
	}
	if err := channel.QueueBind(queue, "", exchange, false, nil); err != nil {
		return nil, err
	}
	if err := channel.Qos(10, 0, false); err != nil {
		return nil, err
	}
	return channel.Consume(queue, "", false, false, false, false, nil)
}

func handle(delivery amqp.Delivery) error {
	// Delivery is at least once: a message may come again, with the same id. A real program keeps the ids in its database,
	// in the transaction that does the work.
	if !seen[delivery.MessageId] {
		message := &events.EnrollmentCompleted{}
		if err := proto.Unmarshal(delivery.Body, message); err != nil {
			return err
		}
		for _, fact := range message.Enrollments {
			person := fact.UserId
			if person == "" {
				person = fact.AnonymousId
			}
			fmt.Printf("completed %s in %s with the outcome %s\n", person, fact.JourneyId, fact.Outcome)
		}
		seen[delivery.MessageId] = true
	}
	// Only now may RabbitMQ forget it.
	return delivery.Ack(false)
}
