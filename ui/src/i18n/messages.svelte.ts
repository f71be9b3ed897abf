// The message catalogue. A text takes parameters as {name}, and a plural as {name#one|other}.
import en from "./en.json";
import zh from "./zh.json";

export type Language = "en" | "zh";
export type MessageKey = keyof typeof en;
export type Parameters = Record<string, string | number>;

// A key that is missing in one language is a type error here.
export const catalogues: Record<Language, Record<MessageKey, string>> = { en, zh };

const KEPT_AS = "inhouse.language";

class CurrentLanguage {
  current = $state<Language>(firstLanguage());

  set(language: Language) {
    this.current = language;
    localStorage.setItem(KEPT_AS, language);
  }
}

export const language = new CurrentLanguage();

/** The person's choice, or else what the system speaks. */
function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT_AS);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** The text in the current language. In markup it follows a change of language. */
export function t(key: MessageKey, parameters: Parameters = {}): string {
  return fill(catalogues[language.current][key], parameters, language.current);
}

/** A text that comes in both languages, as an agent's file has it. */
export function said(words: Record<Language, string>): string {
  return words[language.current];
}

export function hasMessage(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}

export function fill(text: string, parameters: Parameters, locale: Language): string {
  return text.replace(/\{(\w+)(?:#([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, other?: string) => {
    const value = parameters[name];
    if (value === undefined) return whole;
    if (one !== undefined) {
      return new Intl.PluralRules(locale).select(Number(value)) === "one" ? one : (other ?? "");
    }
    return typeof value === "number" ? value.toLocaleString(locale) : value;
  });
}

/** A duration as a person says it: "0.8 s", "14 s", "2 min 5 s". */
export function duration(milliseconds: number): string {
  const tenths = Math.round(milliseconds / 100);
  if (tenths < 100) return t("duration.seconds", { n: tenths / 10 });
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 120) return t("duration.seconds", { n: seconds });
  return t("duration.minutes", { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}

/** A size on disk, in the units that file managers show; less than one is one. */
export function bytes(count: number): string {
  const megabytes = count / 2 ** 20;
  const locale = language.current;
  if (megabytes < 1000) return `${Math.ceil(megabytes).toLocaleString(locale)} MB`;
  return `${(megabytes / 1024).toLocaleString(locale, { maximumFractionDigits: 1 })} GB`;
}

/** Some names as one text: "a, b, and c". */
export function enumeration(names: string[]): string {
  return new Intl.ListFormat(language.current, { type: "conjunction" }).format(names);
}

/** A moment as a person writes it, from seconds since 1970. */
export function moment(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString(language.current, { dateStyle: "medium", timeStyle: "short" });
}
