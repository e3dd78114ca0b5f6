import { createDap } from "./dap";
import type { Renderer } from "./render/presenter";
import type { Dap } from "./types";

/** A call that the snippet kept: its arguments, and who waits for the answer. */
type Kept = [IArguments | unknown[], ((answer: unknown) => void)?];

/** The part of Trusted Types that is used here. */
interface Policy {
  createScriptURL(address: string): string;
}
interface PolicyFactory {
  createPolicy(name: string, rules: Policy): Policy;
}

declare global {
  /** The name of the renderer's script, with a mark of its content. */
  const rendererFile: string;
}

/** The page, with what the snippet, the script and the renderer tell each other. */
export type Page = Window & { DAP?: Dap & { q?: Kept[]; isLoaded?: true; render?: Renderer } };

const page: Page = window;
const own = document.currentScript as HTMLScriptElement | null;

let policy: Policy | undefined;

// A page may take addresses of scripts from policies only. Where it allows none of this name, it may have a default
// one.
function trusted(address: string): string {
  try {
    policy ??= (window as { trustedTypes?: PolicyFactory }).trustedTypes!.createPolicy("dap", {
      createScriptURL: (url) => url,
    });
    return policy.createScriptURL(address);
  } catch {
    return address;
  }
}

// From where this script came, and with its nonce, so that the page's Content-Security-Policy lets it in for the same
// reason.
const loadRenderer = (): Promise<Renderer> =>
  new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = trusted(new URL(rendererFile, own?.src || location.href).href);
    script.nonce = own?.nonce ?? "";
    script.onload = () => resolve(page.DAP!.render!);
    script.onerror = reject;
    document.head.append(script);
  });

// A page that loads the script twice keeps the first.
if (!page.DAP?.isLoaded) {
  const kept = page.DAP?.q ?? [];
  const dap = Object.assign(createDap(new URL(own?.src || location.href).origin, loadRenderer), {
    isLoaded: true as const,
  });
  page.DAP = dap;
  for (const [args, answer] of kept) {
    const result = (dap as (...all: unknown[]) => unknown)(...args);
    answer?.(result);
  }
}
