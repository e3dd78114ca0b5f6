// The words that payloads leave to the renderer, after each language: of the cross, and of the button that sends. OK is
// understood in all of them.
const words = (
  "en Close Send de Schließen Senden fr Fermer Envoyer es Cerrar Enviar pt Fechar Enviar it Chiudi Invia " +
  "nl Sluiten Versturen pl Zamknij Wyślij ja 閉じる 送信 zh 关闭 发送 ar إغلاق إرسال"
).split(" ");
const base = (tag: string): string => tag.toLowerCase().split(/[-_]/)[0]!;

let language: string | undefined;

/** Says in which language the content is that is put on the page next; without one, it is in the page's. */
export function speak(tag: string | undefined): void {
  language = tag;
}

const wordOf = (place: number) => (): string =>
  words[Math.max(0, words.indexOf(base(language ?? document.documentElement.lang))) + place]!;

export const close = wordOf(1);
export const send = wordOf(2);

/** Says to browsers and screen readers in which language a card is, where that is not the page's. */
export function mark(card: HTMLElement): void {
  if (!language) return;
  card.lang = language.replace(/_/g, "-");
  card.dir = /^(ar|fa|he|ps|ur)$/.test(base(language)) ? "rtl" : "ltr";
}
