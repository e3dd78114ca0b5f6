import type { JsonObject } from '../types';
import { announce, put } from './stage';
import { cross, h, text, type Child } from './elements';

/** Puts a dialog over the page, or a card into its corner, and gives what takes it away. */
export function openDialog(payload: JsonObject, kind: 'modal' | 'corner', dismiss: () => unknown, ...children: Child[]): () => void {
  const canClose = payload.dismissible !== false;
  const dialog = h(
    'dialog',
    { class: `card ${kind}`, 'aria-labelledby': 'title', 'aria-describedby': 'body', oncancel: cancel },
    canClose && cross(payload, dismiss), ...children);
  const remove = put(dialog);

  // Escape. The dialog stays until its step has gone, and for good where it may not be closed.
  function cancel(event: Event): void {
    event.preventDefault();
    if (canClose) dismiss();
  }

  if (kind === 'modal') {
    dialog.showModal();
    (dialog.querySelector<HTMLElement>('[autofocus],.primary') ?? dialog).focus();
  } else {
    dialog.show();
    dialog.addEventListener('keydown', event => event.key === 'Escape' && cancel(event));
    announce(text(payload, 'title'), text(payload, 'body'));
  }
  return () => {
    // Gives the focus back to where it was.
    dialog.close();
    remove();
  };
}
