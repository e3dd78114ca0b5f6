import { useSignedIn } from "../session/session";
import { useMembers } from "./calls";

/** Names members of the site by their ids; nothing while they are being read. */
export function useMemberName(): (id: string) => string {
  const { site } = useSignedIn();
  const members = useMembers(site.id);
  return (id) => {
    if (!members.data) return "";
    const member = members.data.find((each) => each.id === id);
    return member ? member.name || member.email : "A key, or a former member";
  };
}
