import type { Page } from 'playwright-core'
import en from '@/locales/generated/en.json'
import ja from '@/locales/generated/ja.json'
import zh from '@/locales/generated/zh-TW.json'

/** Returns a text by its key, filled in. */
export type Texts = (key: string, values?: Record<string, string | number>) => string
type Tree = { [key: string]: string | Tree }

const LETTERS =
  'AÂBßCĈDĎEÊFƑGĜHĤIÎJĴKĶLĻMṀNÑOÔPÞQǪRŔSŜTŢUÛVṼWŴXẊYŶZŽaâbƀcĉdďeêfƒgĝhĥiîjĵkķlļmṁnñoôpþqǫrŕsŝtţuûvṽwŵxẋyŷzž'
const ACCENTED = new Map(LETTERS.match(/../g)?.map(([plain = '', accented = '']) => [plain, accented]))
const WORDS = ' one two three four five six seven eight nine ten'.repeat(9).match(/ \w+/g) ?? []
/** The part by which a text is lengthened. */
const GROWTH = 0.4

/** Returns a text in brackets, with accents, and longer by some words; what is filled in stays. */
export function lengthened(text: string): string {
  const parts = text.split(/(\{[^}]*\})/)
  const accented = parts.map((part, at) =>
    at % 2 ? part : part.replace(/[a-z]/gi, (letter) => ACCENTED.get(letter) ?? letter),
  )
  let more = ''
  for (const word of WORDS) if (more.length < text.length * GROWTH) more += word
  return `⟦${accented.join('')}${more}⟧`
}

function changed(tree: Tree, change: (text: string) => string): Tree {
  const entries = Object.entries(tree).map(([key, node]) => [
    key,
    typeof node === 'string' ? change(node) : changed(node, change),
  ])
  return Object.fromEntries(entries) as Tree
}

const TREES = { 'zh-TW': zh, en, ja, pseudo: changed(en, lengthened) } satisfies Record<string, Tree>
export type Language = keyof typeof TREES

/** Returns the texts of a language, or of the one that is made of the English texts to be longer. */
export function textsOf(language: Language): Texts {
  return (key, values = {}) => {
    const text = key
      .split('.')
      .reduce<Tree | string | undefined>(
        (tree, part) => (typeof tree === 'object' ? tree[part] : undefined),
        TREES[language],
      )
    if (typeof text !== 'string') throw new Error(`There is no text ${key}`)
    const fill = (_: string, literal?: string, name?: string) => literal ?? String(values[name ?? ''])
    return text.replace(/\{'(.)'\}|\{(\w+)\}/g, fill)
  }
}

/** Lets a page speak a language from its beginning. */
export async function speak(page: Page, language: Language): Promise<void> {
  const stored = language === 'pseudo' ? 'en' : language
  await page.addInitScript(
    (locale) => localStorage.setItem('chatroom.locale', JSON.stringify(locale)),
    stored,
  )
  if (language !== 'pseudo') return
  await page.route(/\/assets\/en-[^/]+\.js$/, async (route) => {
    const response = await route.fetch()
    // The names of the emoji are a file of the same name.
    if (!(await response.text()).includes(en.rooms.newText)) return route.fulfill({ response })
    const body = `export default ${JSON.stringify(TREES.pseudo)}`
    await route.fulfill({ contentType: 'text/javascript', body })
  })
}
