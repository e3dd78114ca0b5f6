import { Button, CopyButton } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import classes from "./CopyText.module.css";

/** A text with a button that copies it. */
export function CopyText({ label, text }: { label: string; text: string }) {
  return (
    <div className={classes.copy}>
      <pre className={classes.text} tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
      <CopyButton value={text} timeout={2_000}>
        {({ copied, copy }) => (
          <Button
            size="compact-sm"
            variant="default"
            className={classes.button!}
            leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
            onClick={copy}
          >
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
