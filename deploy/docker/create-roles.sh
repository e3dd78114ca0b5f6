#!/usr/bin/env bash
# Run by the PostgreSQL image when it fills its data folder: gives each program a role and a schema of its own.
set -euo pipefail
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 \
  --set definition="$DEFINITION_PASSWORD" --set enrollment="$ENROLLMENT_PASSWORD" \
  --set scheduler="$SCHEDULER_PASSWORD" --set gateway="$GATEWAY_PASSWORD" \
  --file /journeys/roles.sql
