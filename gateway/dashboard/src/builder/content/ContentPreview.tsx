import type { JsonObject } from "@bufbuild/protobuf";
import { Button, Group, SegmentedControl, Text } from "@mantine/core";
import { useResizeObserver } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import type { ContentType } from "../../graph/nodes/content";
import classes from "./Content.module.css";

const devices = { desktop: { width: 1024, height: 700 }, phone: { width: 390, height: 560 } };

/** A message of the page in the frame (gateway/sdk/src/preview.ts). */
type Told =
  | { is: "ready" }
  | { is: "ended"; outcome: string; data?: JsonObject }
  | { is: "followed"; address: string }
  | { is: "noted"; words: string };

interface Props {
  type: ContentType;
  payload: JsonObject;
  /** The language; empty for the default one. */
  language: string;
}

/** Shows content as people will see it, by the SDK's own renderer, in a frame that cannot access the page around it. */
export function ContentPreview({ type, payload, language }: Props) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [stage, { width: room }] = useResizeObserver<HTMLDivElement>();
  const [scheme, setScheme] = useState("light");
  const [device, setDevice] = useState<string>("desktop");
  const [isReady, setReady] = useState(false);
  const [happened, setHappened] = useState<string>();
  const [round, setRound] = useState(0);
  const { width, height } = devices[device as keyof typeof devices];
  const scale = Math.min(1, room ? room / width : 0.5);
  // As text, because a save gives the same payload anew, and what was pressed meanwhile stays as it is.
  const written = JSON.stringify(payload);

  useEffect(() => {
    const hear = ({ source, data }: MessageEvent<Told>) => {
      if (source !== frame.current?.contentWindow) return;
      if (data.is === "ready") setReady(true);
      else setHappened(wordsOf(data));
    };
    addEventListener("message", hear);
    return () => removeEventListener("message", hear);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another round shows the same once more.
  useEffect(() => {
    if (!isReady) return;
    const soon = setTimeout(() => {
      setHappened(undefined);
      frame.current?.contentWindow?.postMessage(
        { contentType: type, payload: JSON.parse(written), locale: language || "und", scheme },
        "*",
      );
    }, 120);
    return () => clearTimeout(soon);
  }, [isReady, type, written, language, scheme, round]);

  return (
    <section className={classes.preview} aria-label="Preview">
      <Group gap="xs">
        <SegmentedControl
          size="xs"
          aria-label="Device"
          data={[
            { value: "desktop", label: "Desktop" },
            { value: "phone", label: "Phone" },
          ]}
          value={device}
          onChange={setDevice}
        />
        <SegmentedControl
          size="xs"
          aria-label="Color scheme"
          data={[
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
          value={scheme}
          onChange={setScheme}
        />
        <Button variant="default" size="compact-sm" onClick={() => setRound((before) => before + 1)}>
          Show again
        </Button>
      </Group>
      <div ref={stage} className={classes.stage} style={{ height: height * scale }}>
        <iframe
          ref={frame}
          className={classes.frame}
          title="Content as people see it"
          src="/sdk.preview.html"
          sandbox="allow-scripts allow-forms"
          style={{ width, height, transform: `scale(${scale})`, marginLeft: Math.max(0, (room - width * scale) / 2) }}
        />
      </div>
      <Text size="sm" c="dimmed" role="status">
        {happened ?? "Press its buttons: nothing is stored, and nobody moves."}
      </Text>
    </section>
  );
}

function wordsOf(told: Exclude<Told, { is: "ready" }>): string {
  switch (told.is) {
    case "followed":
      return `This opens ${told.address}.`;
    case "noted":
      return told.words;
    case "ended": {
      const answers = told.data && Object.keys(told.data).length > 0 ? ` with ${JSON.stringify(told.data)}` : "";
      return `The content ends as ${told.outcome.toLowerCase()}${answers}.`;
    }
  }
}
