import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import { api } from "../api/api";
import type { PreviewAudienceResponseJson } from "../contract/journeys/enrollment/v1/profile_service_pb";
import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import { messageOf } from "../ui/States";
import { inFull } from "../ui/times";
import classes from "./MatchCount.module.css";
import { asksAboutJourney, isComplete } from "./shapes";

/** Reads who matches a rule now. Waits until typing pauses and the rule is complete. */
export function useMatch(rule: RuleJson | undefined) {
  const [settled] = useDebouncedValue(JSON.stringify(rule), 400);
  const asked = settled ? (JSON.parse(settled) as RuleJson) : undefined;
  const enabled = asked !== undefined && isComplete(asked) && !asksAboutJourney(asked);
  return useQuery({
    queryKey: ["/api/audiences/preview", settled],
    queryFn: ({ signal }) => api.post<PreviewAudienceResponseJson>("/api/audiences/preview", { rule: asked! }, signal),
    enabled,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
}

/** Shows `12,400 of 20,000 people match now` while a rule is edited. */
export function MatchCount({ rule }: { rule: RuleJson | undefined }) {
  const match = useMatch(rule);
  return (
    <p className={classes.count} aria-live="polite" aria-busy={match.isFetching}>
      <Users size={14} aria-hidden />
      <span>{words(rule, match)}</span>
    </p>
  );
}

function words(rule: RuleJson | undefined, match: ReturnType<typeof useMatch>) {
  if (!rule) return "Everybody";
  if (!isComplete(rule)) return "Fill in the rule to see how many people match";
  if (asksAboutJourney(rule)) return "Depends on what people do inside this journey";
  if (match.error) return messageOf(match.error);
  if (!match.data) return "Counting…";
  return (
    <>
      <strong>{inFull(match.data.count)}</strong> of {inFull(match.data.total)}{" "}
      {match.data.total === 1 ? "user matches" : "users match"} now
    </>
  );
}
