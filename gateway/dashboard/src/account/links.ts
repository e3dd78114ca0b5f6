/** The token of a link: after the `#`, which browsers send to no server. */
export const tokenOf = (hash: string): string => hash.replace(/^#/, "");

/** The whole address of a link of which the server may know the path only. */
export const wholeLink = (link: string, origin: string): string => new URL(link, origin).href;
