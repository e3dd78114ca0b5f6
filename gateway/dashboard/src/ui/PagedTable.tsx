import { Button, Skeleton, Table, VisuallyHidden } from "@mantine/core";
import { ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./PagedTable.module.css";
import { Failed } from "./States";
import { inFull } from "./times";
import type { Pages } from "./usePages";

export interface Column<Row> {
  /** Shown above the column; invisible for a column of buttons. */
  title: string;
  /** Distinguishes it from other columns with the same title. */
  id?: string;
  cell: (row: Row) => ReactNode;
  /** Right-aligned. */
  number?: boolean;
  /** A column that needs no visible title. */
  bare?: boolean;
  width?: number | string;
}

interface TableProps<Row> {
  /** The accessible name of the table. */
  label: string;
  /** Undefined while they load. */
  rows: readonly Row[] | undefined;
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** Whether these rows are about to be replaced. */
  busy?: boolean;
}

interface PagedTableProps<Row> extends Omit<TableProps<Row>, "busy"> {
  /** From `usePages`. */
  pages: Pages;
  empty: ReactNode;
}

/**
 * A paged list. While it loads it has its probable height; it shows errors, an empty state, and a link to the next
 * page.
 */
export function PagedTable<Row>({ pages, empty, ...table }: PagedTableProps<Row>) {
  if (pages.result.error && !table.rows)
    return <Failed error={pages.result.error} retry={() => void pages.result.refetch()} />;
  if (table.rows?.length === 0 && pages.pageNo === 1) return empty;
  return (
    <div className={classes.frame}>
      <DataTable {...table} busy={pages.result.isPlaceholderData} />
      <Footer pages={pages} count={table.rows?.length ?? 0} />
    </div>
  );
}

/** A table that shows placeholders while its rows load. */
export function DataTable<Row>({ label, rows, columns, rowKey, busy = false }: TableProps<Row>) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <Table className={classes.table!} aria-busy={busy} verticalSpacing={9} horizontalSpacing="md" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.id ?? column.title} data-number={column.number || undefined} w={column.width}>
                {column.bare ? <VisuallyHidden>{column.title}</VisuallyHidden> : column.title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows
            ? rows.map((row) => (
                <Table.Tr key={rowKey(row)}>
                  {columns.map((column) => (
                    <Table.Td key={column.id ?? column.title} data-number={column.number || undefined}>
                      {column.cell(row)}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))
            : Array.from({ length: 6 }, (_, i) => (
                <Table.Tr key={i}>
                  {columns.map((column) => (
                    <Table.Td key={column.id ?? column.title}>
                      <Skeleton height={20} width={column.bare ? 20 : "70%"} />
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Footer({ pages, count }: { pages: Pages; count: number }) {
  const { pageNo, pageSize, totalSize, toNext, toPrevious } = pages;
  if (!toNext && !toPrevious && totalSize === undefined) return null;
  const first = (pageNo - 1) * pageSize + 1;
  return (
    <div className={classes.footer}>
      <span>
        {count > 0
          ? `${inFull(first)}–${inFull(first + count - 1)}${totalSize === undefined ? "" : ` of ${inFull(totalSize)}`}`
          : ""}
      </span>
      {toNext || toPrevious ? (
        <span className={classes.ways}>
          <Button
            variant="default"
            size="compact-sm"
            disabled={!toPrevious}
            onClick={toPrevious}
            leftSection={<ChevronLeft size={14} aria-hidden />}
          >
            Previous
          </Button>
          <Button
            variant="default"
            size="compact-sm"
            disabled={!toNext}
            onClick={toNext}
            rightSection={<ChevronRight size={14} aria-hidden />}
          >
            Next
          </Button>
        </span>
      ) : null}
    </div>
  );
}
