// How the SDK's scripts are made, for the build and for the tests in a browser.
import { readFileSync } from "node:fs";
import { transform } from "esbuild";

// The style sheet is text in the script, since a shadow root takes it from there.
const css = {
  name: "css",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.css\?inline$/ }, ({ path, resolveDir }) => ({
      path: `${resolveDir}/${path.slice(0, -7)}`,
      namespace: "css",
    }));
    onLoad({ filter: /./, namespace: "css" }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

export const shared = {
  bundle: true,
  minify: true,
  sourcemap: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  plugins: [css],
  logLevel: "warning",
};
