import { MessageSquareText } from "lucide-react";
import type { Content_ContentTypeJson } from "../../contract/journeys/graph/v1/graph_pb";
import { inWords } from "../../ui/times";
import type { KindInfo } from "./kind";

export type ContentType = Exclude<Content_ContentTypeJson, "CONTENT_TYPE_UNSPECIFIED">;

export const contentTypes: Readonly<Record<ContentType, string>> = {
  FLOW: "Flow",
  TOOLTIP: "Tooltip",
  BEACON: "Beacon",
  ANNOUNCEMENT: "Announcement",
  TASK_LIST: "Task list",
  SURVEY: "Survey",
};

export const content: KindInfo<"content"> = {
  kind: "content",
  label: "Content",
  about: "Show something and wait until it is finished",
  icon: MessageSquareText,
  color: "brand",
  slug: "content",
  blank: { content: { contentType: "ANNOUNCEMENT", contentId: "", payload: {} } },
  waysOut: ({ content }) => [
    { branch: "", label: "finished" },
    { branch: "dismissed", label: "dismissed", optional: true },
    { branch: "skipped", label: "skipped", optional: true },
    ...(content?.expireAfter ? [{ branch: "timeout", label: "timeout" }] : []),
  ],
  summary({ content: { contentType, contentId, expireAfter } = {} }) {
    const type = contentTypes[contentType as ContentType] ?? "…";
    return `${type}: ${contentId || "…"}${expireAfter ? `, at most ${inWords(expireAfter)}` : ""}`;
  },
  suggestions({ id, content: { contentId, payload } = {} }) {
    const fields: string[] = [];
    const questions = payload?.questions;
    for (const question of Array.isArray(questions) ? questions : []) {
      const name = question && typeof question === "object" && !Array.isArray(question) ? question.id : undefined;
      if (typeof name === "string") fields.push(`journey.${id}.${name}`);
    }
    return { fields, contents: contentId ? [contentId] : [] };
  },
};
