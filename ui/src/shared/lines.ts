// A page's text breaks its lines where the paper did.

const BREAK_IN_CHINESE =
  /([\p{Script=Han}\u3000-\u303f\uff00-\uffef])[ \t]*\n[ \t]*(?=[\p{Script=Han}\u3000-\u303f\uff00-\uffef])/gu;

/** Text that is shown without its line breaks: a browser makes a space of each, and Chinese has none. */
export function unbroken(text: string): string {
  return text.replace(BREAK_IN_CHINESE, "$1");
}
