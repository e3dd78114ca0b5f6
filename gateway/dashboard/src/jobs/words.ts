const kinds: Record<string, string> = {
  AUDIENCE_SWEEP: "Enroll everybody who matches the audience",
  LIST_ENROLLMENT: "Enroll a user list",
  ARCHIVE: "Take people out of an archived journey",
  RELEASE: "Apply what was held during a pause",
  ERASURE: "Erase a user",
  STOP: "Stop people in a journey",
  UNDO_STOP: "Continue people who were stopped",
  RULE_ENROLLMENT: "Enroll everybody who matches a rule",
};

/** Returns what a job does, in words. */
export const kindInWords = (kind: string): string =>
  kinds[kind] ?? kind.charAt(0) + kind.slice(1).toLowerCase().replaceAll("_", " ");
