import { Modal, Tabs } from "@mantine/core";
import { Filter, ListChecks, UserPlus } from "lucide-react";
import { EnrollByIds } from "./EnrollByIds";
import { EnrollByList } from "./EnrollByList";
import { EnrollByRule } from "./EnrollByRule";
import classes from "./EnrollPeople.module.css";

interface EnrollPeopleProps {
  journeyId: string;
  opened: boolean;
  close: () => void;
}

/** Enrolls people manually: by their ids, from a file, a whole user list, or by a rule. */
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
          <Tabs.Tab value="rule" leftSection={<Filter size={14} aria-hidden />}>
            By a rule
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="ids">
          <EnrollByIds journeyId={journeyId} close={close} />
        </Tabs.Panel>
        <Tabs.Panel value="list">
          <EnrollByList journeyId={journeyId} close={close} />
        </Tabs.Panel>
        <Tabs.Panel value="rule">
          <EnrollByRule journeyId={journeyId} close={close} />
        </Tabs.Panel>
      </Tabs>
    </Modal>
  );
}
