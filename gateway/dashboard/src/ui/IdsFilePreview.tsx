import { Table } from "@mantine/core";
import classes from "./IdsInput.module.css";

interface PreviewProps {
  names: readonly string[];
  rows: readonly (readonly string[])[];
  /** The column with the ids. */
  chosen: number;
}

/** The first rows of a file as they were read. */
export function IdsFilePreview({ names, rows, chosen }: PreviewProps) {
  return (
    <div className={classes.preview} tabIndex={0} role="region" aria-label="Preview of the file">
      <Table withColumnBorders>
        <Table.Thead>
          <Table.Tr>
            {names.map((name, i) => (
              <Table.Th key={i} data-chosen={i === chosen || undefined}>
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.slice(0, 5).map((row, at) => (
            <Table.Tr key={at}>
              {names.map((_, i) => (
                <Table.Td key={i} data-chosen={i === chosen || undefined}>
                  {row[i] ?? ""}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
