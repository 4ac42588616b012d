/** The calendar day in the reader's time zone, as a key that compares and groups. */
export function dayKey(time: string | Date): string {
  const date = new Date(time)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** The number of calendar days between two times, in the reader's time zone (0 on the same day). */
export function daysBetween(earlier: string | Date, later: string | Date): number {
  const noon = (time: string | Date) => Date.parse(`${dayKey(time)}T12:00:00Z`)
  return Math.round((noon(later) - noon(earlier)) / 86_400_000)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(locale: string, options: Intl.DateTimeFormatOptions, time: string | Date): string {
  const key = locale + JSON.stringify(options)
  let made = formats.get(key)
  if (!made) {
    made = new Intl.DateTimeFormat(locale, options)
    formats.set(key, made)
  }
  return made.format(new Date(time))
}

/** The time of day in the locale's format. */
export function clock(time: string | Date, locale: string): string {
  return format(locale, { hour: 'numeric', minute: '2-digit' }, time)
}

/** A time as fields of forms write it, in the reader's time zone: 2026-11-30T09:05. */
export function localTime(time: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${dayKey(time)}T${two(time.getHours())}:${two(time.getMinutes())}`
}

/** The full date and time, for tooltips and screen readers. */
export function fullTime(time: string | Date, locale: string): string {
  return format(locale, { dateStyle: 'long', timeStyle: 'short' }, time)
}

/** The heading of a day in a conversation: today, yesterday, a weekday and date, with the year once it is another. */
export function dayLabel(time: string | Date, locale: string, now: Date): string {
  const days = daysBetween(time, now)
  if (days === 0 || days === 1) {
    return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day')
  }
  const sameYear = new Date(time).getFullYear() === now.getFullYear()
  const day = { month: 'long', day: 'numeric', weekday: 'long' } as const
  return format(locale, sameYear ? day : { ...day, year: 'numeric' }, time)
}

/** The short time in a list: the clock today, then yesterday, then the weekday, then the date. */
export function listTime(time: string | Date, locale: string, now: Date): string {
  const days = daysBetween(time, now)
  if (days <= 0) return clock(time, locale)
  if (days === 1) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-1, 'day')
  if (days < 7) return format(locale, { weekday: 'short' }, time)
  const sameYear = new Date(time).getFullYear() === now.getFullYear()
  return format(locale, sameYear ? { month: 'numeric', day: 'numeric' } : { dateStyle: 'short' }, time)
}

/** How long ago a time was, in one unit. */
export function ago(time: string | Date, locale: string, now: Date): string {
  const minutes = Math.max(1, Math.round((now.getTime() - new Date(time).getTime()) / 60_000))
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' })
  if (minutes < 60) return relative.format(-minutes, 'minute')
  if (minutes < 24 * 60) return relative.format(-Math.round(minutes / 60), 'hour')
  return relative.format(-Math.round(minutes / 1440), 'day')
}

/** A span of seconds, in the greatest unit that has a whole number of it. */
export function span(seconds: number, locale: string): string {
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ] as const
  const [size, unit] = units.find(([size]) => seconds % size === 0) ?? [1, 'second']
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size)
}
