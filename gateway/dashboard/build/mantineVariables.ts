import { convertCssVariables, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from "@mantine/core";
import type { Plugin } from "vite";
import { theme, variables } from "../src/theme.ts";

const id = "virtual:mantine-variables.css";

/**
 * Mantine writes its CSS variables into a style element at run time, which the gateway's policy (style-src 'self')
 * forbids.
 * They depend on the theme alone, so they become a file of the build instead.
 */
export function mantineVariables(): Plugin {
  return {
    name: "mantine-variables",
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (source) => (source === `\0${id}` ? css() : undefined),
  };
}

function css(): string {
  const merged = mergeMantineTheme(DEFAULT_THEME, theme);
  const standard = defaultCssVariablesResolver(merged);
  const ours = variables(merged);
  return convertCssVariables({
    variables: { ...standard.variables, ...ours.variables },
    light: { ...standard.light, ...ours.light },
    dark: { ...standard.dark, ...ours.dark },
  });
}
