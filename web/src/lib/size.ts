/** A box in CSS pixels. */
interface Box {
  width: number
  height: number
}

/** The box reserved for a picture of unknown size, so that the layout does not shift. */
export const UNKNOWN_BOX: Box = { width: 240, height: 180 }

const MAX: Box = { width: 320, height: 360 }
const MIN = 72
const TEXT_WIDTH = 220

/** The box of a picture in a message: its aspect ratio within the largest box, and no side too small to tap. */
export function fit(width: number | null | undefined, height: number | null | undefined): Box {
  if (!width || !height || width < 1 || height < 1) return UNKNOWN_BOX
  const scale = Math.min(1, MAX.width / width, MAX.height / height)
  return {
    width: Math.max(MIN, Math.round(width * scale)),
    height: Math.max(MIN, Math.round(height * scale)),
  }
}

/** The width of the bubble of a picture in pixels; one with a text below or above it leaves room for its words. */
export function bubbleWidth(width: number | null, height: number | null, withText: boolean): number {
  return Math.max(fit(width, height).width, withText ? TEXT_WIDTH : 0)
}

const UNITS = ['B', 'KB', 'MB', 'GB']

/** A number of bytes in a readable unit: 812 B, 1.4 MB. */
export function bytes(count: number, locale: string): string {
  let unit = 0
  let value = count
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${value.toLocaleString(locale, { maximumFractionDigits: digits })} ${UNITS[unit] ?? ''}`
}
