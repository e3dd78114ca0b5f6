import { attempt } from "./attempt";
import { createDap } from "./dap";
import type { Renderer } from "./render/presenter";
import type { Dap } from "./types";

/** A call that the snippet queued: its arguments, and the function that receives the answer. */
type Kept = [IArguments | unknown[], ((answer: unknown) => void)?];

/** The part of Trusted Types that the SDK uses. */
interface Policy {
  createScriptURL(address: string): string;
}
interface PolicyFactory {
  createPolicy(name: string, rules: Policy): Policy;
}

declare global {
  /** The name of the renderer's script, with a hash of its content. */
  const rendererFile: string;
}

/** The page's window, with the properties that the snippet, the script and the renderer share. */
export type Page = Window & { DAP?: Dap & { q?: Kept[]; isLoaded?: true; render?: Renderer } };

const page: Page = window;
const own = document.currentScript as HTMLScriptElement | null;

let policy: Policy | undefined;

// A page may accept script addresses from Trusted Types policies only. If it does not allow the policy name `dap`, it
// may have a default policy.
const trusted = (address: string): string =>
  attempt(() => {
    policy ??= (window as { trustedTypes?: PolicyFactory }).trustedTypes!.createPolicy("dap", {
      createScriptURL: (url) => url,
    });
    return policy.createScriptURL(address);
  }) ?? address;

// Loads the renderer from the origin of this script and with its nonce, so that the page's Content-Security-Policy
// allows it in the same way.
const loadRenderer = (): Promise<Renderer> =>
  new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = trusted(new URL(rendererFile, own?.src || location.href).href);
    script.nonce = own?.nonce ?? "";
    script.onload = () => resolve(page.DAP!.render!);
    script.onerror = reject;
    document.head.append(script);
  });

// If a page loads the script twice, the first one stays.
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
