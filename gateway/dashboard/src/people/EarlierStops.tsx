import { Button, Modal, Text } from "@mantine/core";
import type { ListStopsResponseJson } from "../contract/journeys/enrollment/v1/stop_service_pb";
import { useSignedIn } from "../session/session";
import { useMemberName } from "../settings/useMemberName";
import { useConfirm } from "../ui/Confirm";
import { type Column, PagedTable } from "../ui/PagedTable";
import { StatusBadge } from "../ui/StatusBadge";
import { Time } from "../ui/Time";
import { toast } from "../ui/Toasts";
import { inFull, peopleInWords } from "../ui/times";
import { usePages } from "../ui/usePages";
import { type Stop, stopsPath, undoStop } from "./calls";

// How long the people of a stop are kept after its undo was requested.
const UNDO_DAYS = 7;

// An undo that was requested and whose job was not started, because the Scheduler was away, can be requested again.
const mayUndo = ({ job, undoTime, undoUntilTime }: Stop) =>
  undoTime
    ? job !== undefined && Date.parse(undoTime) > Date.now() - UNDO_DAYS * 86_400_000
    : undoUntilTime !== undefined && Date.parse(undoUntilTime) > Date.now();

interface Props {
  journeyId: string;
  opened: boolean;
  close: () => void;
}

/** Shows who stopped many people of a journey, when and why, and undoes it. */
export function EarlierStops({ journeyId, opened, close }: Props) {
  return (
    <Modal opened={opened} onClose={close} title="Earlier stops" size="xl" closeButtonProps={{ "aria-label": "Close" }}>
      <Stops journeyId={journeyId} />
    </Modal>
  );
}

function Stops({ journeyId }: { journeyId: string }) {
  const { may } = useSignedIn();
  const nameOf = useMemberName();
  const confirm = useConfirm();
  const pages = usePages<ListStopsResponseJson>(stopsPath(journeyId), {}, { pageSize: 5, refetchInterval: 5_000 });
  const undo = (stop: Stop) =>
    confirm({
      title: "Undo this stop?",
      body: (
        <>
          It stopped {peopleInWords(stop.job?.changed ?? 0)}. They continue where they were, except those who have
          entered again or left by themselves since. Waits that have ended meanwhile end now.
        </>
      ),
      confirm: "Undo the stop",
      run: () => undoStop(stop).then(() => toast("The stop is being undone")),
    });
  const columns: Column<Stop>[] = [
    { title: "When", width: 110, cell: (stop) => <Time value={stop.createTime} /> },
    { title: "By", width: 130, cell: (stop) => nameOf(stop.createdBy) },
    { title: "Reason", cell: (stop) => stop.reason },
    { title: "Stopped", number: true, width: 90, cell: (stop) => inFull(stop.job?.changed ?? 0) },
    {
      title: "Status",
      width: 120,
      cell: (stop) => (stop.job ? <StatusBadge status={stop.job.status} /> : "Not started"),
    },
    {
      title: "Undo",
      width: 150,
      cell: (stop) =>
        stop.undoTime && stop.undoJob ? (
          <>
            Undone <Time value={stop.undoTime} />: {peopleInWords(stop.undoJob?.changed ?? 0)}
          </>
        ) : may("EDITOR") && mayUndo(stop) ? (
          <Button size="compact-xs" variant="default" onClick={() => undo(stop)}>
            Undo
          </Button>
        ) : null,
    },
  ];
  return (
    <PagedTable
      label="Earlier stops"
      rows={pages.answer?.stops}
      columns={columns}
      rowKey={(stop) => stop.id}
      pages={pages}
      empty={
        <Text size="sm" c="dimmed">
          Nobody has stopped many people of this journey.
        </Text>
      }
    />
  );
}
