import { ActionIcon, Menu } from "@mantine/core";
import { Archive, ArchiveRestore, Copy, Download, MoreHorizontal, Pause, Play, Trash2 } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { cloneJourney, deleteJourney, exportJourney, type Journey, moveJourney } from "../draft/calls";
import { useSignedIn } from "../session/session";
import { useConfirm } from "../ui/Confirm";
import { saveFile } from "../ui/saveFile";
import { attempt, toast } from "../ui/Toasts";
import { inFull } from "../ui/times";
import { PauseDialog } from "./PauseDialog";
import { ResumeDialog } from "./ResumeDialog";

/** The actions on a whole journey. Asks for confirmation if people are affected. */
export function JourneyMenu({ journey, inside }: { journey: Journey; inside: number }) {
  const { may } = useSignedIn();
  const navigate = useNavigate();
  const confirm = useConfirm();
  const [pausing, setPausing] = useState(false);
  const [resuming, setResuming] = useState(false);
  const { id, name, status, version } = journey;
  const people = inside === 1 ? "1 person is" : `${inFull(inside)} people are`;

  const archive = () =>
    confirm({
      title: `Archive ${name}?`,
      body:
        inside > 0
          ? `${people} inside and will be removed. ` +
            "This cannot be undone: restoring brings back the draft, not the people."
          : "Nobody is inside. It is hidden from the list; its history stays readable, and its draft can be restored.",
      confirm: "Archive",
      dangerous: inside > 0,
      run: () => moveJourney(id, "archive").then(() => toast(`${name} is archived`)),
    });
  const remove = () =>
    confirm({
      title: `Delete ${name}?`,
      body: "It was never published, so nobody was ever inside. This cannot be undone.",
      confirm: "Delete",
      dangerous: true,
      run: () =>
        deleteJourney(id).then(() => {
          toast(`${name} is deleted`);
          void navigate("/journeys");
        }),
    });
  const clone = async () => {
    const copy = await attempt(cloneJourney(id), "Copied");
    if (copy) void navigate(`/journeys/${copy.id}/build`);
  };
  const download = async () => {
    const document = await attempt(exportJourney(id));
    if (document) saveFile(`${name}.journey.json`, JSON.stringify(document, null, 2), "application/json");
  };

  return (
    <>
      <PauseDialog
        journey={journey}
        inside={inside > 0 ? `${people} inside. They keep their exact place, and nothing moves.` : "Nobody is inside."}
        opened={pausing}
        close={() => setPausing(false)}
      />
      <ResumeDialog journey={journey} opened={resuming} close={() => setResuming(false)} />
      <Menu position="bottom-end" width={190}>
        <Menu.Target>
          <ActionIcon aria-label={`Actions for ${name}`}>
            <MoreHorizontal size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {may("EDITOR") ? (
            <>
              {status === "PUBLISHED" ? (
                <Menu.Item leftSection={<Pause size={14} aria-hidden />} onClick={() => setPausing(true)}>
                  Pause
                </Menu.Item>
              ) : null}
              {status === "PAUSED" ? (
                <Menu.Item leftSection={<Play size={14} aria-hidden />} onClick={() => setResuming(true)}>
                  Resume
                </Menu.Item>
              ) : null}
              <Menu.Item leftSection={<Copy size={14} aria-hidden />} onClick={() => void clone()}>
                Duplicate
              </Menu.Item>
            </>
          ) : null}
          <Menu.Item leftSection={<Download size={14} aria-hidden />} onClick={() => void download()}>
            Export
          </Menu.Item>
          {may("EDITOR") ? (
            <>
              <Menu.Divider />
              {status === "ARCHIVED" ? (
                <Menu.Item
                  leftSection={<ArchiveRestore size={14} aria-hidden />}
                  onClick={() => void attempt(moveJourney(id, "restore"), `${name} is a draft again`)}
                >
                  Restore
                </Menu.Item>
              ) : (
                <Menu.Item leftSection={<Archive size={14} aria-hidden />} onClick={archive}>
                  Archive
                </Menu.Item>
              )}
              {status === "DRAFT" && version === 0 ? (
                <Menu.Item color="red" leftSection={<Trash2 size={14} aria-hidden />} onClick={remove}>
                  Delete
                </Menu.Item>
              ) : null}
            </>
          ) : null}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
