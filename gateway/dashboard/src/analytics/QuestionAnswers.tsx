import { inFull } from "../ui/times";
import { Bars } from "./Bars";
import classes from "./Responses.module.css";
import { mean, type Question, type Scale, score } from "./responses";

const newestDays = 14;

/** Shows the answers to one question: its score and their distribution, by day and by version. */
export function QuestionAnswers({ question }: { question: Question }) {
  const { id, label, type, answered, values, other, scale, days, versions } = question;
  return (
    <section className={classes.question} aria-label={label || id}>
      <h3 className={classes.label}>
        {label || id}
        <span className={classes.answered}>{inFull(answered)} answered</span>
      </h3>
      {scale ? <Score scale={scale} isNps={type === "nps"} /> : null}
      {values.length > 0 ? (
        <Bars
          label={`Answers to ${label || id}`}
          total={answered}
          empty=""
          bars={[...values, ...(other > 0 ? [{ value: "other answers", count: other }] : [])].map((each) => ({
            id: each.value,
            label: each.value,
            count: each.count,
            share: each.count / (answered || 1),
          }))}
        />
      ) : (
        <p className={classes.note}>
          {answered > 0 ? "Free text: see the responses below." : "Nobody has answered it."}
        </p>
      )}
      {days.length > 1 ? (
        <Parts
          title="Day"
          isNps={type === "nps"}
          parts={days.slice(-newestDays).map((day) => ({ ...day, name: day.date }))}
        />
      ) : null}
      {days.length > newestDays ? <p className={classes.note}>The newest {newestDays} days with an answer.</p> : null}
      {versions.length > 1 ? (
        <Parts
          title="Version"
          isNps={type === "nps"}
          parts={versions.map((part) => ({ ...part, name: `Version ${part.version}` }))}
        />
      ) : null}
    </section>
  );
}

function Score({ scale, isNps }: { scale: Scale; isNps: boolean }) {
  if (!isNps)
    return (
      <p className={classes.score}>
        <strong>{mean(scale)}</strong> on average
      </p>
    );
  return (
    <p className={classes.score}>
      <span>
        <strong>{score(scale.nps)}</strong> NPS
      </span>
      <span>Promoters: {inFull(scale.promoters)}</span>
      <span>Passives: {inFull(scale.passives)}</span>
      <span>Detractors: {inFull(scale.detractors)}</span>
    </p>
  );
}

function Parts({
  title,
  parts,
  isNps,
}: {
  title: string;
  parts: readonly { name: string; answered: number; scale?: Scale }[];
  isNps: boolean;
}) {
  const hasScale = parts.some((part) => part.scale);
  return (
    <table className={classes.parts}>
      <thead>
        <tr>
          <th>{title}</th>
          <th>Answered</th>
          {hasScale ? <th>{isNps ? "NPS" : "Average"}</th> : null}
        </tr>
      </thead>
      <tbody>
        {parts.map(({ name, answered, scale }) => (
          <tr key={name}>
            <th>{name}</th>
            <td>{inFull(answered)}</td>
            {hasScale ? <td>{scale ? (isNps ? score(scale.nps) : mean(scale)) : ""}</td> : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
