import { Outlet } from "react-router";

export function JourneyFrame() {
  return <Outlet />;
}
