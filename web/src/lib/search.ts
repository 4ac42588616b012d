/** The place of a term in a text, in code points. */
interface Match {
  start: number
  length: number
}

/** A piece of a text that was found. */
export interface FoundPiece {
  text: string
  marked: boolean
}

/** The code points before the first match, and in all, that a hit shows. */
const BEFORE = 24
const SHOWN = 160

/** Cuts out the part of a text around its first match, with every match in it marked. */
export function foundPieces(text: string, matches: readonly Match[]): FoundPiece[] {
  const points = [...text]
  const sorted = [...matches].sort((a, b) => a.start - b.start)
  const from = Math.max(0, (sorted[0]?.start ?? 0) - BEFORE)
  const to = Math.min(points.length, from + SHOWN)
  const pieces: FoundPiece[] = []
  const add = (start: number, end: number, marked: boolean) => {
    if (end > start) pieces.push({ text: points.slice(start, end).join(''), marked })
  }
  let at = from
  for (const { start, length } of sorted) {
    // Terms may overlap.
    const [begin, end] = [Math.max(at, start), Math.min(to, start + length)]
    if (end <= begin) continue
    add(at, begin, false)
    add(begin, end, true)
    at = end
  }
  add(at, to, false)
  if (from > 0) pieces.unshift({ text: '…', marked: false })
  if (to < points.length) pieces.push({ text: '…', marked: false })
  return pieces
}
