/**
 * Returns the first visible element that a selector matches. `host >>> inner` searches the open shadow roots of hosts.
 */
export function find(selector: string): Element | undefined {
  let roots: ParentNode[] = [document];
  let found: Element[] = [];
  try {
    for (const part of selector.split(">>>")) {
      found = roots.flatMap((root) => [...root.querySelectorAll(part)]);
      roots = found.flatMap(({ shadowRoot }) => shadowRoot ?? []);
    }
  } catch {
    return undefined;
  }
  return found.find(isVisible);
}

function isVisible(element: Element): boolean {
  const { width, height } = element.getBoundingClientRect();
  return width + height > 0 && (element.checkVisibility?.({ visibilityProperty: true }) ?? true);
}

/** Returns the modal dialog or popover that contains the element. */
export function layerOf(element: Element): Element | undefined {
  for (let each: Element | null = element; each; each = parentOf(each))
    if (each.matches(":is(:modal, :popover-open)")) return each;
  return undefined;
}

const parentOf = (element: Element): Element | null =>
  element.assignedSlot ?? element.parentElement ?? ((element.getRootNode() as ShadowRoot).host || null);
