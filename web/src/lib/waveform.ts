/** The most bars of a waveform, and the loudest bar, as the server takes them. */
export const BARS_MAX = 100
const LOUDEST = 31

/** The loudness of the moments of a recording, 0 to 1, as at most 100 bars of 0 to 31. */
export function waveformOf(levels: readonly number[], bars = 48): number[] {
  const count = Math.min(bars, BARS_MAX, levels.length)
  const loudest = Math.max(0.05, ...levels)
  return Array.from({ length: count }, (_, bar) => {
    const part = levels.slice(
      Math.floor((bar * levels.length) / count),
      Math.floor(((bar + 1) * levels.length) / count),
    )
    return Math.round((Math.max(0, ...part) / loudest) * LOUDEST)
  })
}

/** The height of a bar as a part of the whole, of which silence has a little. */
export function barHeight(value: number): number {
  return Math.max(0.12, Math.min(1, value / LOUDEST))
}

/** Minutes and seconds: 0:07, 12:30. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
