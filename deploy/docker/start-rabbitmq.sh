#!/usr/bin/env bash
# Starts RabbitMQ with the users of deploy/rabbitmq/definitions.json, each with its password from the environment.
set -euo pipefail
definitions=$(< /journeys/definitions.json)
for name in RABBITMQ_PASSWORD DEFINITION_PASSWORD ENROLLMENT_PASSWORD SCHEDULER_PASSWORD READER_PASSWORD; do
  # As JSON writes it. A line of .env has no control characters.
  password=${!name//\\/\\\\}
  password=${password//\"/\\\"}
  definitions=${definitions//"\${$name}"/"$password"}
done
install -d -m 0700 -o rabbitmq -g rabbitmq /tmp/journeys
(umask 077 && printf '%s\n' "$definitions" > /tmp/journeys/definitions.json && chown rabbitmq:rabbitmq /tmp/journeys/definitions.json)
printf 'load_definitions = /tmp/journeys/definitions.json\n' > /etc/rabbitmq/conf.d/20-journeys.conf
exec docker-entrypoint.sh rabbitmq-server
