import { Modal, Tabs } from "@mantine/core";
import { ListChecks, UserPlus } from "lucide-react";
import { EnrollByIds } from "./EnrollByIds";
import { EnrollByList } from "./EnrollByList";
import classes from "./EnrollPeople.module.css";

interface EnrollPeopleProps {
  journeyId: string;
  opened: boolean;
  close: () => void;
}

/** Enrolls people manually: by their ids, from a file, or a whole user list. */
export function EnrollPeople({ journeyId, opened, close }: EnrollPeopleProps) {
  return (
    <Modal opened={opened} onClose={close} title="Enroll people" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <Tabs defaultValue="ids" keepMounted={false} variant="pills" className={classes.tabs!}>
        <Tabs.List mb="md">
          <Tabs.Tab value="ids" leftSection={<UserPlus size={14} aria-hidden />}>
            By user id
          </Tabs.Tab>
          <Tabs.Tab value="list" leftSection={<ListChecks size={14} aria-hidden />}>
            A user list
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="ids">
          <EnrollByIds journeyId={journeyId} close={close} />
        </Tabs.Panel>
        <Tabs.Panel value="list">
          <EnrollByList journeyId={journeyId} close={close} />
        </Tabs.Panel>
      </Tabs>
    </Modal>
  );
}
