const PLAIN = 'en-US';

/** Some systems name a locale that Intl refuses (`en-US@posix`), and a library that trusts it would fail to load. */
export function mendLocale(): void {
  try {
    new Intl.NumberFormat(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { value: PLAIN, configurable: true });
  }
}
