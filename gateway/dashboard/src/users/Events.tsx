import { Text } from "@mantine/core";
import type { Answer } from "../api/api";
import type { EventJson } from "../contract/journeys/enrollment/v1/sdk_service_pb";
import { Time } from "../ui/Time";
import classes from "./Events.module.css";
import { entriesOf, valueText } from "./words";

/** Lists the events of a user, with their pages and properties. */
export function Events({ events }: { events: readonly Answer<EventJson>[] }) {
  if (events.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No events yet.
      </Text>
    );
  return (
    <ul className={classes.events}>
      {events.map((event) => (
        <li key={event.id} className={classes.event}>
          <span className={classes.name}>{event.name}</span>
          <span className={classes.time}>
            <Time value={event.time} />
          </span>
          {event.url ? <span className={classes.url}>{event.url}</span> : null}
          {entriesOf(event.properties).length > 0 ? (
            <span className={classes.properties}>
              {entriesOf(event.properties).map(([name, value]) => (
                <span key={name}>
                  <span className={classes.property}>{name}</span> {valueText(value)}
                </span>
              ))}
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
