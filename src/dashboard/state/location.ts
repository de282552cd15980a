import { computed, signal } from '@preact/signals';

/** Where the console is: every view has a URL, and what is chosen in a view is in its query. */
const url = signal(new URL(location.href));

export const path = computed(() => url.value.pathname);
export const query = computed(() => url.value.searchParams);

window.addEventListener('popstate', () => {
  url.value = new URL(location.href);
});

export function goTo(target: string): void {
  const next = new URL(target, location.href);
  if (next.href === url.value.href) return;
  const isNewPage = next.pathname !== url.value.pathname;
  history.pushState(null, '', next);
  url.value = next;
  if (isNewPage) window.scrollTo(0, 0);
}

/** Changes the query of this view; with undefined a name goes. Typing in a filter makes no history. */
export function setQuery(
  changes: Readonly<Record<string, string | undefined>>,
  mode: 'push' | 'replace' = 'push',
): void {
  const next = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.searchParams.delete(name);
    else next.searchParams.set(name, value);
  }
  if (next.href === url.value.href) return;
  if (mode === 'push') history.pushState(null, '', next);
  else history.replaceState(null, '', next);
  url.value = next;
}

/** Links of the console change the view; whatever else a click asks for (a new tab) is the browser's. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
  if (link === null || link.hasAttribute('download') || link.getAttribute('target') !== null) return;
  const target = new URL(link.getAttribute('href') ?? '', location.href);
  // A skip link stays on the page.
  if (target.origin !== location.origin || link.getAttribute('href')?.startsWith('#') === true) return;
  event.preventDefault();
  goTo(target.href);
}
