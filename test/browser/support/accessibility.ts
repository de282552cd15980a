import type { Page } from 'playwright-core';

/** What is wrong with a page for people who do not see it, or see it badly, or use no mouse. One line each. */
export function accessibilityProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const problems: string[] = [];
    const all = [...document.querySelectorAll<HTMLElement | SVGElement>('body *')];
    const isVisible = (element: Element): boolean =>
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      element.closest('[aria-hidden="true"], .sr-only, dialog:not([open])') === null;
    const shown = (element: Element): string => element.outerHTML.replace(/\s+/g, ' ').slice(0, 110);

    const count = (selector: string): number => document.querySelectorAll(selector).length;
    if (count('main') !== 1) problems.push(`${count('main')} main landmarks`);
    if (count('nav[aria-label]') !== 1) problems.push('no named navigation');
    if (count('h1') !== 1) problems.push(`${count('h1')} headings of level 1`);
    if (document.documentElement.lang === '') problems.push('the page names no language');
    if (!document.title.includes(document.querySelector('h1')?.textContent ?? '?'))
      problems.push('title without heading');

    let level = 0;
    for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
      const own = Number(heading.tagName[1]);
      if (own > level + 1) problems.push(`heading jumps from ${level} to ${own}: ${shown(heading)}`);
      level = own;
    }
    const ids = all.map(({ id }) => id).filter((id) => id !== '');
    for (const id of new Set(ids)) {
      if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push(`id ${id} twice`);
    }

    const nameOf = (element: Element): string => {
      const labels =
        element instanceof HTMLInputElement ||
        element instanceof HTMLSelectElement ||
        element instanceof HTMLTextAreaElement
          ? [...(element.labels ?? [])]
          : [];
      const references = (element.getAttribute('aria-labelledby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id));
      return [
        element.getAttribute('aria-label'),
        ...references.map((one) => one?.textContent),
        ...labels.map((label) => label.textContent),
        labels.length === 0 && !(element instanceof HTMLInputElement) ? element.textContent : '',
      ]
        .join(' ')
        .trim();
    };
    const interactive =
      'a[href], button, input, select, textarea, summary, [role=button], [role=img], [role=toolbar], table, nav, aside, dialog';
    for (const element of document.querySelectorAll(interactive)) {
      if (nameOf(element) === '') problems.push(`no name: ${shown(element)}`);
      if (element.getAttribute('tabindex') !== null && Number(element.getAttribute('tabindex')) > 0) {
        problems.push(`its own focus order: ${shown(element)}`);
      }
    }
    for (const table of document.querySelectorAll('table:not(.u-legend)')) {
      if (table.querySelector('th[scope=col]') === null) problems.push(`no column headings: ${shown(table)}`);
    }
    for (const image of document.querySelectorAll('img:not([alt])')) problems.push(`no text: ${shown(image)}`);

    // Contrast, WCAG 2.2 1.4.3: of whatever has text of its own, against what is painted behind it.
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (colour: string): readonly number[] => {
      if (canvas === null) return [0, 0, 0, 1];
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top: readonly number[], below: readonly number[]): number[] => {
      const alpha = top[3] ?? 1;
      return [0, 1, 2].map((i) => (top[i] ?? 0) * alpha + (below[i] ?? 0) * (1 - alpha));
    };
    const behind = (element: Element): readonly number[] => {
      const layers: (readonly number[])[] = [];
      for (let at: Element | null = element; at !== null; at = at.parentElement) {
        const layer = rgba(getComputedStyle(at).backgroundColor);
        if ((layer[3] ?? 0) > 0) layers.push(layer);
      }
      return layers.reduceRight<readonly number[]>((below, layer) => over(layer, below), [255, 255, 255]);
    };
    const luminance = (colour: readonly number[]): number =>
      [0.2126, 0.7152, 0.0722].reduce((sum, share, i) => {
        const part = (colour[i] ?? 0) / 255;
        return sum + share * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
      }, 0);
    const tooPale = new Set<string>();
    for (const element of all) {
      const hasText = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
      );
      if (!hasText || !isVisible(element) || element.closest('svg, canvas, :disabled') !== null) continue;
      const style = getComputedStyle(element);
      const ground = behind(element);
      const ink = over(rgba(style.color), ground);
      const [light = 0, dark = 0] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
      const ratio = (light + 0.05) / (dark + 0.05);
      const size = Number.parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (isLarge ? 3 : 4.5))
        tooPale.add(
          `contrast ${ratio.toFixed(2)}: ${element.tagName}.${element.getAttribute('class') ?? ''} ${element.textContent?.trim().slice(0, 30)}`,
        );
    }
    return [...problems, ...tooPale];
  });
}

/** What Tab comes to, from the top of the page, in order: by name; and whether one sees where the focus is. */
export async function focusOrder(page: Page, steps: number): Promise<{ name: string; isSeen: boolean; top: number }[]> {
  const order: { name: string; isSeen: boolean; top: number }[] = [];
  for (let step = 0; step < steps; step++) {
    await page.keyboard.press('Tab');
    order.push(
      await page.evaluate(() => {
        const element = document.activeElement;
        if (element === null) return { name: '', isSeen: false, top: 0 };
        const style = getComputedStyle(element);
        const shape = element.querySelector('.node-shape');
        const isOutlined = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0;
        const isStroked = shape !== null && Number.parseFloat(getComputedStyle(shape).strokeWidth) > 2;
        const name = element.getAttribute('aria-label') ?? element.textContent ?? '';
        return { name: name.trim(), isSeen: isOutlined || isStroked, top: element.getBoundingClientRect().top };
      }),
    );
  }
  return order;
}
