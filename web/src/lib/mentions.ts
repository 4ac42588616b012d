/** Who may be mentioned: a member, or all of them. */
export interface Mentionable {
  /** Null for all members. */
  user_id: number | null
  name: string
}

/** A part of a text that mentions somebody; places and lengths are code points. */
export interface Mention {
  start: number
  length: number
  user_id: number | null
}

/** What is typed behind an @, to complete it; `start` is the place of the @ in UTF-16 units. */
export interface MentionQuery {
  start: number
  name: string
}

/** The longest beginning of a name that is completed. */
const QUERY_MAX = 32

/** The parts of a text that are an @ and a name; where several names fit, the longest counts. */
export function mentionsIn(text: string, people: readonly Mentionable[]): Mention[] {
  const longestFirst = people.filter(({ name }) => name).sort((a, b) => b.name.length - a.name.length)
  const mentions: Mention[] = []
  let at = text.indexOf('@')
  while (at >= 0) {
    const from = at
    const found = longestFirst.find(({ name }) => text.startsWith(name, from + 1))
    if (found) {
      const start = [...text.slice(0, from)].length
      mentions.push({ start, length: [...found.name].length + 1, user_id: found.user_id })
    }
    at = text.indexOf('@', from + 1 + (found?.name.length ?? 0))
  }
  return mentions
}

/** What is being typed behind an @ at the caret; null where no name is. */
export function mentionQuery(text: string, caret: number): MentionQuery | null {
  const start = text.lastIndexOf('@', caret - 1)
  if (start < 0) return null
  const name = text.slice(start + 1, caret)
  // An @ right behind a letter is part of an address.
  if (name.length > QUERY_MAX || /[\s@]/.test(name) || /[\w.+-]/.test(text[start - 1] ?? '')) return null
  return { start, name }
}

/** A piece of a text, which mentions somebody or does not. */
export interface MentionPiece {
  text: string
  mention: Mention | null
}

/** Cuts a text at its mentions; those that lie outside it are left out. */
export function mentionPieces(text: string, mentions: readonly Mention[]): MentionPiece[] {
  if (mentions.length === 0) return [{ text, mention: null }]
  const points = [...text]
  const pieces: MentionPiece[] = []
  let at = 0
  for (const mention of [...mentions].sort((a, b) => a.start - b.start)) {
    const end = mention.start + mention.length
    if (mention.start < at || end > points.length) continue
    if (mention.start > at) pieces.push({ text: points.slice(at, mention.start).join(''), mention: null })
    pieces.push({ text: points.slice(mention.start, end).join(''), mention })
    at = end
  }
  if (at < points.length) pieces.push({ text: points.slice(at).join(''), mention: null })
  return pieces
}
