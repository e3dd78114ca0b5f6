import { ActionIcon } from "@mantine/core";
import { useReducedMotion } from "@mantine/hooks";
import { ChevronLeft, ChevronRight, Pause, Play } from "lucide-react";
import { useEffect } from "react";
import { exact } from "../ui/times";
import { momentInWords } from "./moments";
import classes from "./TimeBar.module.css";

interface Props {
  /** The start of virtual time. */
  start: string;
  /** The duration of virtual time in hours. */
  total: number;
  hours: number;
  setHours: (change: (before: number) => number) => void;
  playing: boolean;
  setPlaying: (playing: boolean) => void;
}

/** The approximate number of steps in which the whole time is played. */
const steps = 150;
const stepMs = 120;

/** Selects a time of the simulation: by mouse, by keyboard, or by playing it. */
export function TimeBar({ start, total, hours, setHours, playing, setPlaying }: Props) {
  // With reduced motion, the numbers change day by day.
  const isCalm = useReducedMotion();
  useEffect(() => {
    if (!playing) return undefined;
    const step = isCalm ? 24 : Math.max(1, Math.round(total / steps));
    const timer = setInterval(() => setHours((before) => Math.min(total, before + step)), isCalm ? 1_000 : stepMs);
    return () => clearInterval(timer);
  }, [playing, isCalm, total, setHours]);
  useEffect(() => {
    if (playing && hours >= total) setPlaying(false);
  }, [playing, hours, total, setPlaying]);

  const toggle = () => {
    if (!playing && hours >= total) setHours(() => 0);
    setPlaying(!playing);
  };
  const go = (change: (before: number) => number) => {
    setPlaying(false);
    setHours((before) => Math.max(0, Math.min(total, change(before))));
  };
  const words = momentInWords(hours, total);
  return (
    <div className={classes.bar} role="group" aria-label="Time">
      <ActionIcon
        variant="light"
        color="brand"
        size={32}
        aria-label={playing ? "Pause" : "Play the days"}
        onClick={toggle}
      >
        {playing ? <Pause size={16} /> : <Play size={16} />}
      </ActionIcon>
      <ActionIcon aria-label="One day back" disabled={hours <= 0} onClick={() => go((before) => before - 24)}>
        <ChevronLeft size={16} />
      </ActionIcon>
      <input
        type="range"
        className={classes.range}
        min={0}
        max={total}
        value={hours}
        aria-label="Hours after the start"
        aria-valuetext={words}
        onChange={(event) => {
          const { valueAsNumber } = event.currentTarget;
          go(() => valueAsNumber);
        }}
      />
      <ActionIcon aria-label="One day forward" disabled={hours >= total} onClick={() => go((before) => before + 24)}>
        <ChevronRight size={16} />
      </ActionIcon>
      <span className={classes.words}>
        {words}
        <span className={classes.exact}>
          {exact(new Date(Date.parse(start) + Math.min(hours, total) * 3_600_000).toISOString())}
        </span>
      </span>
    </div>
  );
}
