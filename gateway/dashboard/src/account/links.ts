/** Returns the token of a link, which follows the `#` because browsers send that part to no server. */
export const tokenOf = (hash: string): string => hash.replace(/^#/, "");

/** Returns the full address of a link, of which the server may know only the path. */
export const wholeLink = (link: string, origin: string): string => new URL(link, origin).href;
