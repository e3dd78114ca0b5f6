import type { Answer } from "../api/api";
import type { VisitJson } from "../contract/journeys/enrollment/v1/enrollment_pb";
import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";
import { answerText, questionLabels } from "../graph/survey";
import { Time } from "../ui/Time";
import { inWords } from "../ui/times";
import { nodeName } from "./calls";
import classes from "./Timeline.module.css";
import { causeInWords, notShownInWords, stays } from "./words";

interface TimelineProps {
  visits: readonly Answer<VisitJson>[];
  nodes: ReadonlyMap<string, NodeJson>;
  /** When the enrollment ended. */
  end: string | undefined;
  /** Whether the person is at the last visit now. */
  isHere: boolean;
}

/** Lists every visit: time, node, branch, cause and duration. */
export function Timeline({ visits, nodes, end, isHere }: TimelineProps) {
  const lengths = stays(visits, end ? Date.parse(end) : Date.now());
  return (
    <ol className={classes.timeline}>
      {visits.map((visit, i) => {
        const isNow = isHere && i === visits.length - 1;
        return (
          <li key={visit.visitNo} className={classes.visit} data-now={isNow || undefined}>
            <div className={classes.head}>
              <span className={classes.name}>{nodeName(nodes, visit.nodeId)}</span>
              {isNow ? <span className={classes.now}>here now</span> : null}
              <span className={classes.time}>
                <Time value={visit.enterTime} show="exact" />
              </span>
            </div>
            <div className={classes.why}>
              {visit.branch ? <span className={classes.branch}>{visit.branch}</span> : null}
              <span>
                {causeInWords(visit.cause)}
                {visit.detail ? ` (${visit.detail})` : ""}
              </span>
              {lengths[i]! >= 1 ? (
                <span className={classes.stay}>
                  {isNow ? "for" : "stayed"} {inWords(lengths[i])}
                </span>
              ) : null}
            </div>
            {visit.showTime || visit.notShown ? (
              <div className={classes.note}>
                {visit.showTime ? (
                  <>
                    Shown <Time value={visit.showTime} show="exact" />
                  </>
                ) : (
                  notShownInWords(visit.notShown)
                )}
              </div>
            ) : null}
            <Answers answers={visit.answers} labels={questionLabels(nodes.get(visit.nodeId))} />
            {visit.notes.map((note) => (
              <div key={note} className={classes.note}>
                {note}
              </div>
            ))}
          </li>
        );
      })}
    </ol>
  );
}

/** The answers that the person gave at a visit. */
function Answers({ answers, labels }: { answers: object | undefined; labels: ReadonlyMap<string, string> }) {
  const given = Object.entries(answers ?? {});
  if (given.length === 0) return null;
  return (
    <dl className={classes.answers} aria-label="Answers">
      {given.map(([question, answer]) => (
        <div key={question}>
          <dt>{labels.get(question) ?? question}</dt>
          <dd>{answerText(answer)}</dd>
        </div>
      ))}
    </dl>
  );
}
