import { useSignedIn } from "../session/session";
import { useMembers } from "./calls";

/** Returns a function that names members of the site by id; empty while they are loading. */
export function useMemberName(): (id: string) => string {
  const { site } = useSignedIn();
  const members = useMembers(site.id);
  return (id) => {
    if (!members.data) return "";
    const member = members.data.find((each) => each.id === id);
    return member ? member.name || member.email : "A key, or a former member";
  };
}
