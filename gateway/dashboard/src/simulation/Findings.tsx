import { VisuallyHidden } from "@mantine/core";
import { CircleCheck, TriangleAlert } from "lucide-react";
import type { Finding } from "./calls";
import classes from "./Findings.module.css";
import { findingTitle, isGrave } from "./words";

interface Props {
  findings: readonly Finding[];
  /** Returns the title of a node; undefined for a deleted one. */
  title: (nodeId: string) => string | undefined;
  selected: Finding | undefined;
  select: (finding: Finding) => void;
  openPerson: (index: number) => void;
}

/** Lists what the author should check, the most severe first. Each finding shows its node. */
export function Findings({ findings, title, selected, select, openPerson }: Props) {
  if (findings.length === 0)
    return (
      <p className={classes.fine}>
        <CircleCheck size={15} aria-hidden /> Nothing stands out.
      </p>
    );
  const sorted = findings.toSorted((a, b) => Number(isGrave(b.code)) - Number(isGrave(a.code)));
  return (
    <ul className={classes.list} aria-label="Findings">
      {sorted.map((finding, i) => (
        <li key={i}>
          <button
            type="button"
            className={classes.finding}
            aria-pressed={finding === selected}
            data-grave={isGrave(finding.code) || undefined}
            onClick={() => select(finding)}
          >
            <TriangleAlert size={15} aria-hidden />
            <span>
              <span className={classes.title}>
                {findingTitle(finding.code)}
                {finding.nodeId ? `: ${title(finding.nodeId) ?? finding.nodeId}` : ""}
              </span>
              {finding.message}
              {isGrave(finding.code) ? <VisuallyHidden>Grave</VisuallyHidden> : null}
            </span>
          </button>
          {finding === selected && finding.people.length > 0 ? (
            <span className={classes.people}>
              For instance
              {finding.people.map((index) => (
                <button key={index} type="button" className={classes.person} onClick={() => openPerson(index)}>
                  person {index}
                </button>
              ))}
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
