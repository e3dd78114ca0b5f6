import { Alert, Button, Checkbox, NativeSelect, Select, Table, Tabs, Text, Textarea } from "@mantine/core";
import { ClipboardPaste, FileSpreadsheet, Upload } from "lucide-react";
import { useState } from "react";
import { columnOf, faultOf, guessIds, parseCsv, parseIds } from "./csv";
import { decode, type Encoding, encodings, guessEncoding, refusalOf } from "./decode";
import classes from "./IdsInput.module.css";
import { inFull } from "./times";

/** Takes user ids: pasted, or a column of a CSV file that is shown before anything is sent. Gives those that the API would take. */
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
        <FromFile onChange={onChange} />
      </Tabs.Panel>
    </Tabs>
  );
}

const good = (ids: readonly string[]) => ids.filter((id) => faultOf(id) === undefined);

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
          onChange(good(parseIds(event.currentTarget.value)));
        }}
      />
      <Found ids={ids} />
    </>
  );
}

function FromFile({ onChange }: { onChange: (ids: readonly string[]) => void }) {
  const [file, setFile] = useState<{ name: string; bytes: Uint8Array; encoding: Encoding; rows: string[][] }>();
  const [refusal, setRefusal] = useState<string>();
  const [column, setColumn] = useState(0);
  const [hasHeader, setHasHeader] = useState(false);
  const show = (rows: string[][], nextColumn: number, nextHeader: boolean) => {
    setColumn(nextColumn);
    setHasHeader(nextHeader);
    onChange(good(columnOf(nextHeader ? rows.slice(1) : rows, nextColumn)));
  };
  const read = (name: string, bytes: Uint8Array, encoding: Encoding) => {
    const text = decode(bytes, encoding);
    const rows = text === undefined ? [] : parseCsv(text);
    const guess = guessIds(rows);
    setRefusal(text === undefined ? `This file is not in ${encodings[encoding]}. Choose another encoding.` : undefined);
    setFile({ name, bytes, encoding, rows });
    show(rows, guess.column, guess.hasHeader);
  };
  const open = async (chosen: File | undefined) => {
    if (!chosen) return;
    const bytes = new Uint8Array(await chosen.arrayBuffer());
    const refused = refusalOf(bytes);
    if (!refused) {
      read(chosen.name, bytes, guessEncoding(bytes));
      return;
    }
    setRefusal(refused);
    setFile(undefined);
    onChange([]);
  };

  const rows = file?.rows ?? [];
  const width = Math.max(0, ...rows.slice(0, 50).map((row) => row.length));
  const names = Array.from({ length: width }, (_, i) => (hasHeader && rows[0]?.[i]) || `Column ${i + 1}`);
  const people = hasHeader ? rows.slice(1) : rows;
  return (
    <>
      <div className={classes.file}>
        <Button component="label" variant="default" leftSection={<Upload size={15} aria-hidden />}>
          {file ? "Choose another file" : "Choose a CSV file"}
          <input
            type="file"
            accept=".csv,.tsv,.txt,text/csv,text/plain"
            className={classes.input}
            onChange={(event) => void open(event.currentTarget.files?.[0])}
          />
        </Button>
        {file ? (
          <Text size="sm" c="dimmed">
            {file.name}
          </Text>
        ) : null}
      </div>
      {refusal ? (
        <Alert color="red" role="alert" py="xs" mt="sm">
          {refusal}
        </Alert>
      ) : null}
      {file ? (
        <NativeSelect
          label="Encoding"
          description="Choose another one when letters look wrong in the preview"
          mt="sm"
          data={Object.entries(encodings).map(([value, label]) => ({ value, label }))}
          value={file.encoding}
          onChange={(event) => read(file.name, file.bytes, event.currentTarget.value as Encoding)}
        />
      ) : null}
      {file && !refusal && rows.length === 0 ? (
        <Text size="sm" mt="sm">
          This file is empty.
        </Text>
      ) : null}
      {rows.length > 0 ? (
        <>
          <div className={classes.choices}>
            <Select
              label="Column with the user ids"
              data={names.map((name, i) => ({ value: String(i), label: name }))}
              value={String(column)}
              allowDeselect={false}
              onChange={(value) => show(rows, Number(value), hasHeader)}
            />
            <Checkbox
              label="The first row has names"
              checked={hasHeader}
              onChange={(event) => show(rows, column, event.currentTarget.checked)}
            />
          </div>
          <div className={classes.preview} tabIndex={0} role="region" aria-label="Preview of the file">
            <Table withColumnBorders>
              <Table.Thead>
                <Table.Tr>
                  {names.map((name, i) => (
                    <Table.Th key={i} data-chosen={i === column || undefined}>
                      {name}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {people.slice(0, 5).map((row, at) => (
                  <Table.Tr key={at}>
                    {names.map((_, i) => (
                      <Table.Td key={i} data-chosen={i === column || undefined}>
                        {row[i] ?? ""}
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
          <Found ids={columnOf(people, column)} of={people.length} />
        </>
      ) : null}
    </>
  );
}

/** How many ids were found, and which of them are left out. */
function Found({ ids, of }: { ids: readonly string[]; of?: number }) {
  const bad = ids.filter((id) => faultOf(id) !== undefined);
  return (
    <div className={classes.found} aria-live="polite">
      <span hidden={ids.length === 0}>
        <strong>{inFull(ids.length - bad.length)}</strong> {ids.length - bad.length === 1 ? "user" : "different users"}
        {of === undefined ? "" : ` in ${inFull(of)} ${of === 1 ? "row" : "rows"}`}
      </span>
      {bad.length > 0 ? (
        <span className={classes.bad}>
          {inFull(bad.length)} left out: {bad[0]!.slice(0, 30)} {faultOf(bad[0]!)}
        </span>
      ) : null}
    </div>
  );
}
