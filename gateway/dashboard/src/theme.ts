import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const brand: MantineColorsTuple = [
  "#f2f3ff",
  "#e4e6ff",
  "#c7cbfb",
  "#a7adf6",
  "#8b92f0",
  "#6f77e8",
  "#5a62dc",
  "#4a51c8",
  "#4046ae",
  "#343a90",
];
const gray: MantineColorsTuple = [
  "#fafafb",
  "#f4f5f7",
  "#e9ebef",
  "#dcdfe5",
  "#c6cad3",
  "#9aa1ad",
  "#606774",
  "#474e5a",
  "#2e343e",
  "#181b21",
];
const dark: MantineColorsTuple = [
  "#e4e6eb",
  "#bfc4cd",
  "#9aa1ae",
  "#79818f",
  "#3a404b",
  "#2c313a",
  "#22262d",
  "#181b20",
  "#131519",
  "#0d0f12",
];

/** The theme: small type, thin lines, one accent color. */
export const theme = createTheme({
  primaryColor: "brand",
  primaryShade: { light: 6, dark: 6 },
  colors: { brand, gray, dark },
  black: "#181b21",
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "18px" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "20px", lineHeight: "1.4" },
      h2: { fontSize: "16px", lineHeight: "1.45" },
      h3: { fontSize: "14px", lineHeight: "1.5" },
    },
  },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "16px" },
  cursorType: "pointer",
  components: {
    // A text that reads from right to left is typed, and cut, in its own direction.
    TextInput: { defaultProps: { attributes: { input: { dir: "auto" } } } },
    Textarea: { defaultProps: { attributes: { input: { dir: "auto" } } } },
    // Disables the scroll lock, because it writes a style element, which the gateway's policy forbids. The overlay
    // blocks scrolling anyway.
    Modal: {
      defaultProps: {
        lockScroll: false,
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
        overlayProps: { backgroundOpacity: 0.4 },
        transitionProps: { duration: 120 },
      },
    },
    Drawer: { defaultProps: { lockScroll: false, overlayProps: { backgroundOpacity: 0.3 } } },
    Tooltip: {
      defaultProps: {
        openDelay: 300,
        withArrow: true,
        multiline: true,
        events: { hover: true, focus: true, touch: true },
      },
    },
    Menu: { defaultProps: { shadow: "md", transitionProps: { duration: 80 } } },
    Button: { defaultProps: { size: "sm" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
  },
});

/** Replaces colors of Mantine whose contrast is too low (WCAG AA). */
export const variables: CSSVariablesResolver = (merged) => {
  const light: Record<`--${string}`, string> = {
    "--mantine-color-dimmed": "var(--mantine-color-gray-6)",
    "--mantine-color-placeholder": "#6b7280",
    "--mantine-color-error": "#c92a2a",
    "--mantine-color-default-border": "var(--mantine-color-gray-3)",
    "--app-canvas": "var(--mantine-color-gray-1)",
    "--app-side": "var(--mantine-color-gray-0)",
    "--app-line": "var(--mantine-color-gray-2)",
    "--app-surface": "var(--mantine-color-white)",
    "--app-hover": "var(--mantine-color-gray-1)",
  };
  const darkness: Record<`--${string}`, string> = {
    "--mantine-color-dimmed": "var(--mantine-color-dark-2)",
    "--mantine-color-placeholder": "#8d95a3",
    "--mantine-color-error": "#ff8787",
    "--mantine-color-default-border": "var(--mantine-color-dark-4)",
    "--app-canvas": "var(--mantine-color-dark-8)",
    "--app-side": "var(--mantine-color-dark-8)",
    "--app-line": "var(--mantine-color-dark-5)",
    "--app-surface": "var(--mantine-color-dark-6)",
    "--app-hover": "var(--mantine-color-dark-6)",
  };
  for (const color of Object.keys(merged.colors)) {
    if (color === "dark") continue;
    light[`--mantine-color-${color}-light-color`] =
      color === "gray"
        ? "var(--mantine-color-gray-7)"
        : `color-mix(in srgb, var(--mantine-color-${color}-9) 65%, black)`;
    darkness[`--mantine-color-${color}-light-color`] = `var(--mantine-color-${color}-${color === "gray" ? 3 : 2})`;
    light[`--mantine-color-${color}-text`] = `var(--mantine-color-${color}-${color === "gray" ? 7 : 8})`;
    darkness[`--mantine-color-${color}-text`] = `var(--mantine-color-${color}-3)`;
  }
  return { variables: {}, light, dark: darkness };
};
