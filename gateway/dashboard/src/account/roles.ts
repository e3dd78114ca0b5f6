export type RoleName = "VIEWER" | "EDITOR" | "ADMIN";

export const roles = [
  { value: "VIEWER", label: "Viewer: can see everything" },
  { value: "EDITOR", label: "Editor: builds, publishes, enrolls" },
  { value: "ADMIN", label: "Admin: keys, members and erasure too" },
];

export const roleInWords = (role: string): string => role.toLowerCase();
export const roleNames = roles.map(({ value, label }) => ({ value, label: label.split(":")[0]! }));
