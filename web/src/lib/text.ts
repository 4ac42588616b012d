/** A piece of a message: plain text, or a link that may be followed. */
export type Piece = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string }

// What ends an address: blanks, quotes, brackets of markup, and the punctuation and dashes of CJK texts.
const END = String.raw`\s<>"\u0060\u2014\u2015\u2018-\u201d\u2026\u2500\u2e3a\u2e3b\u3000-\u3004\u3008-\u303f\uff00-\uffef`
const CJK = String.raw`\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af`
const OTHER = String.raw`(?!https?:\/\/)[^${END}${CJK}]`
// CJK letters belong to an address where they begin a part of it (/wiki/東京, #歴史), and from there on; behind other
// letters they continue the sentence: people write 看https://a.b/c這裡 without a space.
const CJK_PART = String.raw`(?<=[/=_#&+:-])[${CJK}](?:(?!https?:\/\/)[^${END}])*`
// An e-mail address begins where its letters begin, else looking for one would take the square of the length.
const MAIL = String.raw`(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+`
const LINK = new RegExp(String.raw`(?:https?:\/\/|www\.)(?:${OTHER})+(?:${CJK_PART})?|${MAIL}`, 'giu')

/** Cuts a text into plain pieces and links (http, https and mailto only). */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  const plain = (to: number) => {
    if (to > from) pieces.push({ kind: 'text', text: text.slice(from, to) })
  }
  for (const match of text.matchAll(LINK)) {
    const shown = trimTail(match[0])
    const href = hrefOf(shown)
    if (!href) continue
    plain(match.index)
    pieces.push({ kind: 'link', text: shown, href })
    from = match.index + shown.length
  }
  plain(text.length)
  return pieces
}

/** Drops the punctuation that ends the sentence, not the address; a closing bracket stays if it was opened inside. */
function trimTail(link: string): string {
  const unopened = { ')': surplus(link, '(', ')'), ']': surplus(link, '[', ']') }
  let end = link.length
  while (end > 0) {
    const last = link[end - 1] ?? ''
    if (last === ')' || last === ']') {
      if (unopened[last] <= 0) break
      unopened[last] -= 1
    } else if (!/[.,!?;:*_~']/.test(last)) break
    end -= 1
  }
  return link.slice(0, end)
}

/** How many more brackets are closed than opened. */
function surplus(text: string, open: string, close: string): number {
  return text.split(close).length - text.split(open).length
}

function hrefOf(shown: string): string | null {
  if (/^https?:/i.test(shown) || /^www\./i.test(shown)) {
    try {
      const url = new URL(/^www\./i.test(shown) ? `https://${shown}` : shown)
      return url.hostname.includes('.') || url.hostname === 'localhost' || url.hostname.startsWith('[')
        ? url.href
        : null
    } catch {
      return null
    }
  }
  return `mailto:${shown}`
}

/** The longest text of a message in code points, unless the server's operator set another limit. */
export const TEXT_MAX = 10_000

/** The length of a text as the server counts it, in code points. */
export function codePoints(text: string): number {
  return [...text].length
}

const LONG_CHARS = 1200
const LONG_LINES = 24
const EXCERPT_CHARS = 120

/** Whether a message is so long that it is folded at first. */
export function isLong(text: string): boolean {
  return text.length > LONG_CHARS || text.split('\n', LONG_LINES + 1).length > LONG_LINES
}

/** The beginning of a long message, cut between code points. */
export function folded(text: string): string {
  const lines = text.split('\n').slice(0, LONG_LINES).join('\n')
  return [...lines].slice(0, LONG_CHARS).join('')
}

/** The beginning of a message as a push has it, cut between code points. */
export function excerpt(text: string): string {
  return [...text].slice(0, EXCERPT_CHARS).join('')
}

/** The first letter of a name, for people without a picture. */
export function initial(name: string): string {
  const trimmed = name.trim()
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(trimmed)
  return (first?.segment ?? '?').toLocaleUpperCase()
}

/** A stable number below `of` for a text, to choose a colour by. */
export function hue(text: string, of: number): number {
  let sum = 0
  for (const char of text) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  return sum % of
}

/** Whether a text consists of one to three emoji, which are shown large. */
export function isOnlyEmoji(text: string): boolean {
  const trimmed = text.trim()
  if (!trimmed || trimmed.length > 30) return false
  const graphemes = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(trimmed)]
  return (
    graphemes.length <= 3 &&
    graphemes.every(({ segment }) => /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(segment))
  )
}

/** A list of names in the locale's format: 小明和小美. */
export function nameList(names: readonly string[], locale: string): string {
  return new Intl.ListFormat(locale, { style: 'long', type: 'conjunction' }).format(names)
}
