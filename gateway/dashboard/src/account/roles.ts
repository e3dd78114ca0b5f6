import type { Role } from "../session/session";

export type RoleName = Role;

export const roles: { value: RoleName; label: string }[] = [
  { value: "VIEWER", label: "Viewer: can see everything" },
  { value: "EDITOR", label: "Editor: builds, publishes, enrolls" },
  { value: "ADMIN", label: "Admin: keys, members and erasure too" },
];

export const roleInWords = (role: string): string => role.toLowerCase();
export const roleNames = roles.map(({ value, label }) => ({ value, label: label.split(":")[0]! }));
