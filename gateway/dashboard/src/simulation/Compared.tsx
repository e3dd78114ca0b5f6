import { inFull } from "../ui/times";
import type { Report } from "./calls";
import classes from "./Results.module.css";
import { shareOf, wholeEndingInWords } from "./words";

interface Props {
  report: Report;
  version: number;
  openPerson: (index: number) => void;
}

/** Shows the people whose result differs from that in the compared version. */
export function Compared({ report: { comparison, people }, version, openPerson }: Props) {
  if (!comparison) return null;
  const changed = Number(comparison.changedPeople);
  const otherwise = comparison.endings
    .filter(({ from, to }) => from !== to)
    .toSorted((a, b) => Number(b.people) - Number(a.people));
  if (changed === 0)
    return <p className={classes.words}>Everybody takes the same path and ends the same as in version {version}.</p>;
  return (
    <>
      <p className={classes.words}>
        <strong>
          {inFull(changed)} of {inFull(people)} people
        </strong>{" "}
        ({shareOf(changed, people)}) take a different path or end differently than in version {version}, with the same
        random choices.
      </p>
      {otherwise.length > 0 ? (
        <ul className={classes.changes} aria-label="Changed endings">
          {otherwise.slice(0, 8).map(({ from, to, people: count }) => (
            <li key={`${from} ${to}`}>
              <span>
                {wholeEndingInWords(from)} <Becomes /> {wholeEndingInWords(to)}
              </span>
              <strong>{inFull(Number(count))}</strong>
            </li>
          ))}
        </ul>
      ) : (
        <p className={classes.note}>Same ending, different path.</p>
      )}
      {comparison.people.length > 0 ? (
        <p className={classes.note}>
          For instance{" "}
          {comparison.people.map((index) => (
            <button key={index} type="button" className={classes.link} onClick={() => openPerson(index)}>
              person {index}
            </button>
          ))}
        </p>
      ) : null}
    </>
  );
}

const Becomes = () => (
  <>
    <span aria-hidden>→</span> <span className={classes.unseen}>becomes</span>
  </>
);
