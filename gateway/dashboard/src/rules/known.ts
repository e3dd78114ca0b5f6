import { useQuery } from "@tanstack/react-query";
import { api } from "../api/api";
import type { ListAudiencesResponseJson } from "../contract/journeys/definition/v1/definition_service_pb";
import type { ListUsersResponseJson } from "../contract/journeys/enrollment/v1/profile_service_pb";
import { type FieldType, typeOfValue } from "./operators";
import type { RuleScope } from "./shapes";

/** Known fields and audiences, for suggestions and fitting comparisons. */

const always: readonly [string, FieldType][] = [
  ["userId", "text"],
  ["role", "text"],
  ["browser", "text"],
  ["device.type", "text"],
  ["device.os", "text"],
  ["device.browser", "text"],
];
const nothing = new Map<string, FieldType>();

/** Returns the fields of the users seen last, with the type that all of their values have. */
export function useKnownFields(scope: RuleScope): ReadonlyMap<string, FieldType> {
  const users = useQuery({
    queryKey: ["/api/users", "known-fields"],
    queryFn: ({ signal }) => api.get<ListUsersResponseJson>("/api/users", { pageSize: 100 }, signal),
    enabled: scope !== "event",
    staleTime: 5 * 60_000,
    select: (answer) => fieldsOf(answer.users),
  });
  return scope === "event" ? nothing : (users.data ?? nothing);
}

interface Sample {
  traits?: object;
  context?: { location?: object };
}

export function fieldsOf(users: readonly Sample[]): ReadonlyMap<string, FieldType> {
  const fields = new Map<string, FieldType>(always);
  const collect = (root: string, values: object | undefined) => {
    for (const [name, value] of Object.entries(values ?? {})) {
      if (value === null) continue;
      const field = `${root}.${name}`;
      const type = typeOfValue(value);
      const before = fields.get(field);
      fields.set(field, before && before !== type ? "any" : type);
    }
  };
  for (const user of users) {
    collect("traits", user.traits);
    collect("location", user.context?.location);
  }
  return fields;
}

/** Reads all audiences of the site, by name. */
export function useAudiences() {
  return useQuery({
    queryKey: ["/api/audiences", "all"],
    queryFn: async ({ signal }) => {
      const audiences = [];
      for (let pageToken = ""; ; ) {
        const page = await api.get<ListAudiencesResponseJson>("/api/audiences", { pageSize: 200, pageToken }, signal);
        audiences.push(...page.audiences);
        pageToken = page.nextPageToken;
        if (!pageToken) return audiences;
      }
    },
    staleTime: 30_000,
  });
}
