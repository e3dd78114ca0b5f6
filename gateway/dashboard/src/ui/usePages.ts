import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Answer, api, type Query } from "../api/api";

/** The fields of a list's answer that every list has. */
interface Paged {
  nextPageToken?: string;
  totalSize?: number;
}

/**
 * Reads a list page by page. The API has tokens only for the next page, so the previous ones are stored here. A change
 * of the query starts at the first page again.
 */
export function usePages<T extends Paged>(
  path: string,
  query: Query = {},
  options: { pageSize?: number; refetchInterval?: number | false; enabled?: boolean } = {},
) {
  const { pageSize = 25, refetchInterval = false, enabled = true } = options;
  const about = JSON.stringify([path, query, pageSize]);
  const [position, setPosition] = useState<{ about: string; tokens: string[] }>({ about, tokens: [] });
  const tokens = position.about === about ? position.tokens : [];
  const pageToken = tokens.at(-1) ?? "";

  const result = useQuery({
    queryKey: [path, query, pageSize, pageToken],
    queryFn: ({ signal }) => api.get<T>(path, { ...query, pageSize, pageToken }, signal),
    placeholderData: keepPreviousData,
    refetchInterval,
    enabled,
  });
  const answer = result.data as (Answer<T> & Paged) | undefined;
  const next = answer?.nextPageToken;
  return {
    result,
    answer,
    pageNo: tokens.length + 1,
    pageSize,
    totalSize: answer?.totalSize,
    toNext: next ? () => setPosition({ about, tokens: [...tokens, next] }) : undefined,
    toPrevious: tokens.length > 0 ? () => setPosition({ about, tokens: tokens.slice(0, -1) }) : undefined,
  };
}

export type Pages = { result: Pick<UseQueryResult<unknown>, "error" | "refetch" | "isPlaceholderData"> } & Pick<
  ReturnType<typeof usePages>,
  "pageNo" | "pageSize" | "totalSize" | "toNext" | "toPrevious"
>;
