import { Tabs, Textarea } from "@mantine/core";
import { ClipboardPaste, FileSpreadsheet } from "lucide-react";
import { useState } from "react";
import { goodIds, parseIds } from "./csv";
import { FoundIds } from "./FoundIds";
import { IdsFile } from "./IdsFile";

/** Reads user ids: pasted, or from a column of a CSV file with a preview. Returns those that the API accepts. */
export function IdsInput({ onChange }: { onChange: (ids: readonly string[]) => void }) {
  return (
    <Tabs defaultValue="paste" keepMounted={false} onChange={() => onChange([])}>
      <Tabs.List mb="sm">
        <Tabs.Tab value="paste" leftSection={<ClipboardPaste size={14} aria-hidden />}>
          Paste
        </Tabs.Tab>
        <Tabs.Tab value="file" leftSection={<FileSpreadsheet size={14} aria-hidden />}>
          CSV file
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="paste">
        <Pasted onChange={onChange} />
      </Tabs.Panel>
      <Tabs.Panel value="file">
        <IdsFile onChange={onChange} />
      </Tabs.Panel>
    </Tabs>
  );
}

function Pasted({ onChange }: { onChange: (ids: readonly string[]) => void }) {
  const [text, setText] = useState("");
  const ids = parseIds(text);
  return (
    <>
      <Textarea
        label="User ids"
        description="One per line, or separated by commas"
        autosize
        minRows={6}
        maxRows={12}
        value={text}
        data-autofocus
        onChange={(event) => {
          setText(event.currentTarget.value);
          onChange(goodIds(parseIds(event.currentTarget.value)));
        }}
      />
      <FoundIds ids={ids} />
    </>
  );
}
