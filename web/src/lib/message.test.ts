import { describe, expect, it } from 'vitest'
import { joined, requoted, wordsOf } from './message'

interface Read {
  read_status: 'unread' | 'delivered' | 'read'
  read_by_count: number
  text: string
}

describe('what becomes of a message', () => {
  it('is read no less than it was', () => {
    const known: Read = { read_status: 'read', read_by_count: 3, text: '一' }
    const news: Read = { read_status: 'unread', read_by_count: 0, text: '二' }
    expect(joined(known, news)).toEqual({ ...known, text: '二' })
    expect(joined(news, known)).toEqual(known)
  })

  it('has the words of its text, or those under its file', () => {
    expect(wordsOf({ message_type: 'text', content: '字', caption: null })).toBe('字')
    expect(wordsOf({ message_type: 'image', content: 'https://x', caption: '山' })).toBe('山')
    expect(wordsOf({ message_type: 'image', content: 'https://x', caption: null })).toBe('')
  })
})

describe('what quotes a message', () => {
  const quote = { message_id: 1, content: '舊', message_type: 'text', deleted: false }
  const list = [{ reply_to: quote }, { reply_to: { ...quote, message_id: 2 } }, { reply_to: null }]
  const now = { content: '😀'.repeat(121), caption: null, message_type: 'text', deleted: false }

  it('shows the beginning of what it says now', () => {
    const [changed, other] = requoted(list, 1, now)
    expect(changed?.reply_to).toEqual({ ...quote, content: '😀'.repeat(120) })
    expect(other).toBe(list[1])
    const picture = { content: 'https://x', caption: '山', message_type: 'image', deleted: false }
    expect(requoted(list, 1, picture)[0]?.reply_to).toMatchObject({ content: '山', message_type: 'image' })
  })

  it('shows nothing of one that is gone', () => {
    for (const gone of [null, { ...now, deleted: true }]) {
      expect(requoted(list, 1, gone)[0]?.reply_to).toMatchObject({ content: '', deleted: true })
    }
  })

  it('is the same list where nothing quotes it', () => {
    expect(requoted(list, 3, now)).toBe(list)
  })
})
