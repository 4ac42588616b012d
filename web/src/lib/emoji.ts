/** An emoji of the picker, as `scripts/emoji.js` writes it: the characters, its name, more words for it, and whether it has skin tones. */
export type Emoji = readonly [emoji: string, name: string, tags: string, toned: 0 | 1]

/** What one picks: an emoji to write, or a sticker to send. */
export type PickerTab = 'emoji' | 'stickers'

/** The groups of emoji, in their order. */
export type Groups = readonly (readonly Emoji[])[]

/** The skin tones, from none to the darkest. */
export const TONES = ['', '🏻', '🏼', '🏽', '🏾', '🏿'] as const
export type Tone = (typeof TONES)[number]

const FOUND_MAX = 80
const RECENT_MAX = 32

// The hands between two people who hold them have no tone of their own.
const WITH_TONE = /(?!🤝\u200d)(\p{Emoji_Modifier_Base})\ufe0f?/gu

/** Returns an emoji in a skin tone, or as it is if it has none. */
export function toned([emoji, , , has]: Emoji, tone: Tone): string {
  return has && tone ? emoji.replace(WITH_TONE, `$1${tone}`) : emoji
}

/** The emoji that all words of a query are found in, those whose name begins with it first. */
export function findEmoji(groups: Groups, query: string): readonly Emoji[] {
  const wanted = query.trim().toLowerCase()
  const words = wanted.split(/\s+/)
  const found = groups.flat().filter(([emoji, name, tags]) => {
    const text = `${emoji} ${name} ${tags}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const begins = ([, name]: Emoji) => name.toLowerCase().startsWith(wanted)
  return [...found.filter(begins), ...found.filter((each) => !begins(each))].slice(0, FOUND_MAX)
}

/** What was used lately, with one more at the beginning. */
export function withRecent(recent: readonly string[], emoji: string): readonly string[] {
  return [emoji, ...recent.filter((each) => each !== emoji)].slice(0, RECENT_MAX)
}
