import { Modal, Text } from "@mantine/core";
import type { ListStopsResponseJson } from "../contract/journeys/enrollment/v1/stop_service_pb";
import { useMemberName } from "../settings/useMemberName";
import { type Column, PagedTable } from "../ui/PagedTable";
import { StatusBadge } from "../ui/StatusBadge";
import { Time } from "../ui/Time";
import { inFull } from "../ui/times";
import { usePages } from "../ui/usePages";
import { type Stop, stopsPath } from "./calls";

interface Props {
  journeyId: string;
  opened: boolean;
  close: () => void;
}

/** Shows who stopped many people of a journey, when and why. */
export function EarlierStops({ journeyId, opened, close }: Props) {
  return (
    <Modal opened={opened} onClose={close} title="Earlier stops" size="xl" closeButtonProps={{ "aria-label": "Close" }}>
      <Stops journeyId={journeyId} />
    </Modal>
  );
}

function Stops({ journeyId }: { journeyId: string }) {
  const nameOf = useMemberName();
  const pages = usePages<ListStopsResponseJson>(stopsPath(journeyId), {}, { pageSize: 5, refetchInterval: 5_000 });
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
