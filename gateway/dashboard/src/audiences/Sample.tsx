import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import { path } from "../api/api";
import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import { useMatch } from "../rules/MatchCount";
import { isComplete } from "../rules/shapes";
import { Panel } from "../ui/Panel";
import { messageOf } from "../ui/States";
import { Time } from "../ui/Time";
import { inFull } from "../ui/times";
import { nickname } from "../users/words";
import classes from "./Sample.module.css";

/** Shows some of the users whom a rule matches now. */
export function Sample({ rule }: { rule: RuleJson | undefined }) {
  const match = useMatch(rule);
  const asks = rule !== undefined && isComplete(rule);
  const { count = 0, sample = [] } = asks ? (match.data ?? {}) : {};
  return (
    <Panel
      title="People who match"
      about={asks && match.data ? `${inFull(sample.length)} of ${inFull(count)}` : "As of now"}
    >
      <div className={classes.sample} aria-busy={match.isFetching}>
        {!asks ? (
          <Text size="sm" c="dimmed">
            Complete the rule to see some of them here.
          </Text>
        ) : null}
        {asks && match.error ? (
          <Text size="sm" c="red" role="alert">
            {messageOf(match.error)}
          </Text>
        ) : null}
        {asks && match.data && sample.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nobody matches now.
          </Text>
        ) : null}
        <ul className={classes.people}>
          {sample.map((user) => (
            <li key={user.userId}>
              <Anchor component={Link} size="sm" to={path`/users/${user.userId}`}>
                {user.userId}
              </Anchor>
              <span className={classes.name}>{nickname(user)}</span>
              <span className={classes.seen}>
                <Time value={user.seenTime} />
              </span>
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}
