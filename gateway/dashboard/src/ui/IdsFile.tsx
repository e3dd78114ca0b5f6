import { Alert, Button, Checkbox, NativeSelect, Select, Text } from "@mantine/core";
import { Upload } from "lucide-react";
import { useState } from "react";
import { columnOf, goodIds, guessIds, OpenQuote, parseCsv } from "./csv";
import { asDamagedUtf8, decode, type Encoding, encodings, guessEncoding, refusalOf } from "./decode";
import { FoundIds } from "./FoundIds";
import { IdsFilePreview } from "./IdsFilePreview";
import classes from "./IdsInput.module.css";
import { messageOf } from "./States";

/** The column of a table that has the ids. */
interface Place {
  column: number;
  hasHeader: boolean;
}

interface Read {
  name: string;
  bytes: Uint8Array;
  encoding: Encoding;
  rows: string[][];
  place: Place;
  /** Lines that are not UTF-8 in a file that is UTF-8 otherwise. */
  damagedLines: readonly number[];
}

/** Reads the ids from a column of a CSV file, with a preview. */
export function IdsFile({ onChange }: { onChange: (ids: readonly string[]) => void }) {
  const [file, setFile] = useState<Read>();
  const [refusal, setRefusal] = useState<string>();
  // Keeps the author's choice when the same file is read in another encoding.
  const [chosen, setChosen] = useState<Place>();

  const show = (next: Read) => {
    setFile(next);
    onChange(goodIds(columnOf(peopleOf(next), next.place.column)));
  };
  const choose = (place: Place) => {
    setChosen(place);
    show({ ...file!, place });
  };
  const read = (name: string, bytes: Uint8Array, encoding: Encoding, place?: Place) => {
    const damaged = encoding === "utf-8" ? asDamagedUtf8(bytes) : undefined;
    const text = damaged?.text ?? decode(bytes, encoding);
    const table = tableOf(text, encoding);
    setRefusal(table.refusal);
    show({
      name,
      bytes,
      encoding,
      rows: table.rows,
      place: place ?? guessIds(table.rows),
      damagedLines: damaged?.lines ?? [],
    });
  };
  const open = async (opened: File | undefined) => {
    if (!opened) return;
    const bytes = new Uint8Array(await opened.arrayBuffer());
    const refused = refusalOf(bytes);
    setChosen(undefined);
    if (!refused) {
      read(opened.name, bytes, asDamagedUtf8(bytes) ? "utf-8" : guessEncoding(bytes));
      return;
    }
    setRefusal(refused);
    setFile(undefined);
    onChange([]);
  };

  return (
    <>
      <div className={classes.file}>
        <Button component="label" variant="default" leftSection={<Upload size={15} aria-hidden />}>
          {file ? "Choose another file" : "Choose a CSV file"}
          <input
            type="file"
            accept=".csv,.tsv,.txt,text/csv,text/plain"
            className={classes.input}
            onChange={({ currentTarget }) => {
              void open(currentTarget.files?.[0]);
              // Clears the input, so that choosing the same file again after a correction is a change too.
              currentTarget.value = "";
            }}
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
      {file && file.damagedLines.length > 0 ? (
        <Alert color="yellow" role="alert" py="xs" mt="sm">
          {damageInWords(file.damagedLines)} Users whose ids cannot be read are left out. Correct the file, or choose
          the encoding that it was saved in.
        </Alert>
      ) : null}
      {file ? (
        <NativeSelect
          label="Encoding"
          description={
            file.encoding === "utf-8"
              ? "If letters look wrong in the preview, choose another encoding"
              : "This file is not UTF-8. If letters look wrong in the preview, choose another encoding"
          }
          mt="sm"
          data={Object.entries(encodings).map(([value, label]) => ({ value, label }))}
          value={file.encoding}
          onChange={(event) => read(file.name, file.bytes, event.currentTarget.value as Encoding, chosen)}
        />
      ) : null}
      {file && !refusal && file.rows.length === 0 ? (
        <Text size="sm" mt="sm">
          This file is empty.
        </Text>
      ) : null}
      {file && file.rows.length > 0 ? (
        <>
          <div className={classes.choices}>
            <Select
              label="Column with the user ids"
              data={namesOf(file).map((name, i) => ({ value: String(i), label: name }))}
              value={String(file.place.column)}
              allowDeselect={false}
              onChange={(value) => choose({ ...file.place, column: Number(value) })}
            />
            <Checkbox
              label="The first row has names"
              checked={file.place.hasHeader}
              onChange={(event) => choose({ ...file.place, hasHeader: event.currentTarget.checked })}
            />
          </div>
          <IdsFilePreview names={namesOf(file)} rows={peopleOf(file)} chosen={file.place.column} />
          <FoundIds ids={columnOf(peopleOf(file), file.place.column)} of={peopleOf(file).length} />
        </>
      ) : null}
    </>
  );
}

const peopleOf = ({ rows, place }: Read): string[][] => (place.hasHeader ? rows.slice(1) : rows);

function namesOf({ rows, place }: Read): string[] {
  const width = Math.max(0, ...rows.slice(0, 50).map((row) => row.length));
  return Array.from({ length: width }, (_, i) => (place.hasHeader && rows[0]?.[i]) || `Column ${i + 1}`);
}

function tableOf(text: string | undefined, encoding: Encoding): { rows: string[][]; refusal: string | undefined } {
  if (text === undefined)
    return { rows: [], refusal: `This file is not in ${encodings[encoding]}. Choose another encoding.` };
  try {
    return { rows: parseCsv(text), refusal: undefined };
  } catch (error) {
    if (!(error instanceof OpenQuote)) throw error;
    return { rows: [], refusal: `${messageOf(error)} Correct it and choose the file again.` };
  }
}

function damageInWords(lines: readonly number[]): string {
  const [last, ...before] = [...lines].reverse();
  return before.length === 0
    ? `Line ${last} is not UTF-8, as the rest of the file is.`
    : `Lines ${before.reverse().join(", ")} and ${last} are not UTF-8, as the rest of the file is.`;
}
