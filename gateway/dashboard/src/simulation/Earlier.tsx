import { Button, Menu } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { Link } from "react-router";
import { Time } from "../ui/Time";
import { inFull } from "../ui/times";
import { isGoing, type Simulation, useSimulations } from "./calls";

/** Links to earlier simulations. */
export function Earlier({ journeyId, shown }: { journeyId: string; shown: string | undefined }) {
  const others = useSimulations(journeyId).data?.filter(({ id }) => id !== shown) ?? [];
  if (others.length === 0) return null;
  return (
    <Menu position="bottom-end" width={300}>
      <Menu.Target>
        <Button size="compact-sm" variant="default" rightSection={<ChevronDown size={13} aria-hidden />}>
          Earlier
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
        {others.map((each) => (
          <Menu.Item key={each.id} component={Link} to={`/journeys/${journeyId}/simulate/${each.id}`}>
            <Time value={each.createTime} />, {each.total === 1 ? "1 person" : `${inFull(each.total)} people`},{" "}
            {outcomeOf(each)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function outcomeOf(simulation: Simulation): string {
  if (isGoing(simulation)) return "running";
  if (!simulation.summary) return simulation.status.toLowerCase();
  const { findings } = simulation.summary;
  return findings === 1 ? "1 finding" : `${findings} findings`;
}
