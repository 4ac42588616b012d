import { describe, expect, it } from 'vitest'
import { pageUpdates } from './pageUpdates'

interface Row {
  seq: number
  text: string
}
const rows = (...texts: string[]): Row[] => texts.map((text, at) => ({ seq: at + 1, text }))

describe('what changes while a page is on its way', () => {
  it('is applied to its answer, one after another', async () => {
    const updates = pageUpdates<Row>()
    const page = updates.during('r', () => Promise.resolve(rows('一', '二', '三')))
    updates.add('r', 1, (found) => ({ ...found, text: '改過的' }))
    updates.add('r', 1, (found) => ({ ...found, text: `${found.text}一` }))
    updates.add('r', 2, () => null)
    updates.add('r', 2, (found) => ({ ...found, text: '不在了' }))
    updates.add('other', 3, () => null)
    const { found, messages } = await page
    expect(found).toHaveLength(3)
    expect(messages).toEqual([
      { seq: 1, text: '改過的一' },
      { seq: 3, text: '三' },
    ])
  })

  it('is not applied to a page that is requested later, nor after a request that failed', async () => {
    const updates = pageUpdates<Row>()
    const failed = updates.during('r', () => Promise.reject(new Error('no answer')))
    updates.add('r', 1, () => null)
    await expect(failed).rejects.toThrow('no answer')
    const { messages } = await updates.during('r', () => Promise.resolve(rows('一')))
    expect(messages).toEqual(rows('一'))
  })
})
