import { ActionIcon, TextInput, Tooltip } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { Link, NavLink, Outlet, useMatch, useParams } from "react-router";
import { useCounts } from "../draft/calls";
import { DraftProvider, useDraft } from "../draft/draft";
import { OnItsWay } from "../ui/OnItsWay";
import { StatusBadge } from "../ui/StatusBadge";
import { Conflict } from "./Conflict";
import classes from "./JourneyFrame.module.css";
import { JourneyMenu } from "./JourneyMenu";
import { PauseBand } from "./PauseBand";
import { Publish } from "./publishing/Publish";
import { SaveState } from "./SaveState";
import { Simulate } from "./Simulate";
import { VersionMenu } from "./VersionMenu";

const tabs = [
  { to: "build", label: "Build" },
  { to: "enrollment", label: "Enrollment rules" },
  { to: "people", label: "People" },
  { to: "analytics", label: "Analytics" },
];

/** The frame of all pages of one journey: its name and status, the navigation, and publishing. */
export function JourneyFrame() {
  const { journeyId = "" } = useParams();
  return (
    <DraftProvider journeyId={journeyId}>
      <div className={classes.frame}>
        <Header />
        <PauseBand />
        <Conflict />
        <div className={classes.page}>
          <Outlet />
        </div>
      </div>
    </DraftProvider>
  );
}

function Header() {
  const { journey, design, readOnly } = useDraft();
  const counts = useCounts([journey.id]);
  // Hidden beside a version, because it would seem to publish that version.
  const isVersion = useMatch("/journeys/:journeyId/versions/:version") !== null;
  useDocumentTitle(`${design.name ?? ""} · Journeys`);
  return (
    <header className={classes.header}>
      <div className={classes.title}>
        <Tooltip label="All journeys">
          <ActionIcon component={Link} to="/journeys" aria-label="All journeys">
            <ArrowLeft size={16} />
          </ActionIcon>
        </Tooltip>
        <h1 className={classes.heading}>
          <span className={classes.unseen}>{design.name}</span>
          {/* The key remounts the field when another draft brings another name. */}
          <Name key={design.name} />
        </h1>
        <StatusBadge status={journey.status} />
        <OnItsWay of={journey} />
      </div>
      <nav className={classes.tabs} aria-label="Journey">
        {tabs.map(({ to, label }) => (
          <NavLink key={to} to={to} className={classes.tab!}>
            {label}
          </NavLink>
        ))}
      </nav>
      <div className={classes.actions}>
        {readOnly || isVersion ? null : <SaveState />}
        <VersionMenu />
        {readOnly || isVersion ? null : <Simulate />}
        {readOnly || isVersion ? null : <Publish />}
        <JourneyMenu journey={journey} inside={counts.data?.get(journey.id)?.active ?? 0} />
      </div>
    </header>
  );
}

function Name() {
  const { design, change, readOnly } = useDraft();
  const [name, setName] = useState(design.name ?? "");
  const settle = () => {
    const next = name.trim();
    // A journey needs a name, so an empty name restores the previous one.
    if (next === "") setName(design.name ?? "");
    else if (next !== design.name) change({ name: next });
  };
  return (
    <TextInput
      variant="unstyled"
      aria-label="Name of the journey"
      value={name}
      maxLength={255}
      readOnly={readOnly}
      classNames={{ input: classes.name! }}
      onChange={(event) => setName(event.currentTarget.value)}
      onBlur={settle}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
}
