import { useDraft } from "../draft/draft";
import { useAudiences } from "../rules/known";
import { useMatch } from "../rules/MatchCount";

/**
 * Returns the audience of the open journey's draft, and who matches it now; undefined if the journey is for everybody.
 */
export function useDraftAudience() {
  const { design } = useDraft();
  const audiences = useAudiences();
  const audience = audiences.data?.find((each) => each.id === design.audienceId);
  return { audiences, audience, match: useMatch(audience?.rule) };
}
