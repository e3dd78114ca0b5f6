import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Fails the build when the first page's scripts, styles and font need more than this, gzipped. */
export function firstPage(limitKb: number): Plugin {
  return {
    name: "first-page",
    apply: "build",
    generateBundle(_, bundle) {
      const wanted = new Set<string>();
      const entry = Object.values(bundle).find((file) => file.type === "chunk" && file.isEntry);
      const visit = (name: string) => {
        if (wanted.has(name)) return;
        wanted.add(name);
        const file = bundle[name];
        if (file?.type !== "chunk") return;
        file.imports.forEach(visit);
        file.viteMetadata?.importedCss.forEach(visit);
      };
      if (!entry) this.error("The build has no entry.");
      visit(entry.fileName);
      // The page that everybody lands on.
      for (const file of Object.values(bundle))
        if (file.type === "chunk" && file.name === "JourneysPage") visit(file.fileName);
      for (const name of Object.keys(bundle)) if (/inter-latin-wght-normal.*woff2$/.test(name)) visit(name);

      let bytes = 0;
      for (const name of wanted) {
        const file = bundle[name];
        if (file) bytes += gzipSync(file.type === "chunk" ? file.code : file.source).length;
      }
      const kb = Math.round(bytes / 1000);
      if (kb > limitKb) this.error(`The first page needs ${kb} kB gzipped; the limit is ${limitKb} kB.`);
      this.info(`the first page needs ${kb} kB gzipped in ${wanted.size} files (limit ${limitKb} kB)`);
    },
  };
}
