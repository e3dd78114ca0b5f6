// The words of the renderer by language: the language, the label of the close button, the label of the send button. OK
// is understood in all of them.
const words = (
  "en Close Send de Schließen Senden fr Fermer Envoyer es Cerrar Enviar pt Fechar Enviar it Chiudi Invia " +
  "nl Sluiten Versturen pl Zamknij Wyślij ja 閉じる 送信 zh 关闭 发送 ar إغلاق إرسال"
).split(" ");
const base = (tag: string): string => tag.toLowerCase().split(/[-_]/)[0]!;

let language: string | undefined;

/** Sets the language of the content that is shown next; undefined for the page's language. */
export function speak(tag: string | undefined): void {
  language = tag;
}

const wordOf = (place: number) => (): string =>
  words[Math.max(0, words.indexOf(base(language ?? document.documentElement.lang))) + place]!;

export const close = wordOf(1);
export const send = wordOf(2);

/** Sets the language and direction of a card for browsers and screen readers, if it is not the page's. */
export function mark(card: HTMLElement): void {
  if (!language) return;
  card.lang = language.replace(/_/g, "-");
  card.dir = /^(ar|fa|he|ps|ur)$/.test(base(language)) ? "rtl" : "ltr";
}
