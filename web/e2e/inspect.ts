import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

interface Finding {
  id: string
  nodes: { html: string; failureSummary?: string }[]
}
interface Axe {
  run: (options: object) => Promise<{ violations: Finding[] }>
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** The only rules of those that look at colours. */
const COLOURS = ['color-contrast', 'link-in-text-block']

/** Puts axe into a page, where it stays until the next load. */
export const loadAxe = (page: Page): Promise<unknown> => page.evaluate(AXE)

/** Returns what axe finds on the page by all its rules, or only by those about colours. */
export function axe(page: Page, colours: boolean): Promise<string[]> {
  const runOnly = colours ? { type: 'rule', values: COLOURS } : { type: 'tag', values: TAGS }
  return page.evaluate(async (only) => {
    const { axe } = window as unknown as { axe: Axe }
    const { violations } = await axe.run({ runOnly: only, resultTypes: ['violations'], preload: false })
    const where = ({ html, failureSummary = '' }: Finding['nodes'][number]) =>
      `${html.slice(0, 160)} ${failureSummary.replace(/\s+/g, ' ')}`
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 5).map(where).join(' | ')}`)
  }, runOnly)
}

/** Waits until the page shows its present size, in this theme. */
export async function settle(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.evaluate(async (wanted) => {
    const frame = () => new Promise(requestAnimationFrame)
    while (document.documentElement.dataset['theme'] !== wanted) await frame()
    await frame()
    await frame()
    await Promise.all(document.getAnimations().map((each) => each.finished.catch(() => undefined)))
  }, theme)
}

/** Returns what is wider than the window, or open and partly outside of it. */
export function outside(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth, clientHeight } = document.documentElement
    const wide =
      scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide, and the window ${clientWidth}`] : []
    const open = [...document.querySelectorAll('[role=menu], dialog[open], [data-picker]')]
      .map((element) => element.getBoundingClientRect())
      .filter(
        ({ left, right, top, bottom }) => left < 0 || top < 0 || right > clientWidth || bottom > clientHeight,
      )
      .map(
        ({ left, right, top, bottom }) => `what is open is outside: ${left} to ${right}, ${top} to ${bottom}`,
      )
    return [...wide, ...open]
  })
}

/** Returns texts that are cut, or wider than what they stand in, though nothing says that they go on. */
export function cutTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const TOLERANCE = 1
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement
      const text = node.textContent?.trim() ?? ''
      if (!element || !text || !element.checkVisibility({ visibilityProperty: true })) continue
      if (element.closest('.sr-only, option, script, style, .not-focus\\:sr-only')) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      const at = range.getBoundingClientRect()
      const cut = cutBy(element, at)
      if (cut) found.push(`${cut}: ${text.slice(0, 80)}`)
    }
    return found

    /** Returns by what a text is cut. */
    function cutBy(element: Element, at: DOMRect): string | null {
      let [scrolls, floats] = [false, false]
      for (let box: Element | null = element; box; box = box.parentElement) {
        const style = getComputedStyle(box)
        if (style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none') return null
        const { left, right, top, bottom } = box.getBoundingClientRect()
        const name = `${box.tagName.toLowerCase()}.${box.className}`
        if (style.display === 'inline' || style.display === 'contents') continue
        const isControl = !floats && box.matches('button, a, label, summary, [role^=menuitem], h1, h2, h3')
        const wide = at.left < left - TOLERANCE || at.right > right + TOLERANCE
        const high = at.top < top - TOLERANCE || at.bottom > bottom + TOLERANCE
        if (!scrolls && wide && (isControl || style.overflowX !== 'visible')) return `wider than ${name}`
        if (!scrolls && high && (isControl || ['hidden', 'clip'].includes(style.overflowY)))
          return `higher than ${name}`
        if (['auto', 'scroll'].includes(style.overflowY)) scrolls = true
        if (style.position === 'fixed') break
        if (style.position === 'absolute') floats = true
      }
      return null
    }
  })
}

/** Returns what is on a page of the pseudo language that is neither one of its texts nor written by people. */
export function foreignTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>()
    const look = (text: string | null | undefined) => {
      // What is filled into a text stands in its brackets.
      const rest = (text ?? '').replace(/⟦[^⟧]*⟧/g, '')
      if (/\p{Script=Latin}{2}/u.test(rest)) found.add(rest.trim())
    }
    for (const element of document.body.querySelectorAll('*')) {
      if (element.closest('script, style, code, kbd, time, [lang], [dir], .prose-chat')) continue
      for (const name of ['aria-label', 'title', 'placeholder', 'alt']) look(element.getAttribute(name))
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) look(node.textContent)
    }
    return [...found]
  })
}
