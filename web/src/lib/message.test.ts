import { describe, expect, it } from 'vitest'
import type { Message } from '@/api/types'
import { answer, message, unsent } from '@/testing'
import { keepReadState, updateQuotes, textOf } from './message'

type Read = Pick<Message, 'read_status' | 'read_by_count' | 'content'>

describe('an updated message', () => {
  it('is read no less than before', () => {
    const known: Read = { read_status: 'read', read_by_count: 3, content: '一' }
    const updated: Read = { read_status: 'unread', read_by_count: 0, content: '二' }
    expect(keepReadState(known, updated)).toEqual({ ...known, content: '二' })
    expect(keepReadState(updated, known)).toEqual(known)
  })

  it('has its text, or the caption of its file', () => {
    expect(textOf({ message_type: 'text', content: '字', caption: null })).toBe('字')
    expect(textOf({ message_type: 'image', content: 'https://x', caption: '山' })).toBe('山')
    expect(textOf({ message_type: 'image', content: 'https://x', caption: null })).toBe('')
  })
})

describe('a quote', () => {
  const quoted = message(1, { content: '舊' })
  const list = [answer(3, quoted), answer(4, message(2)), message(5)]

  it('shows the beginning of the updated message', () => {
    const [changed, other] = updateQuotes(list, 101, message(1, { content: '😀'.repeat(121) }))
    expect(changed?.reply_to).toEqual({ ...list[0]?.reply_to, content: '😀'.repeat(120) })
    expect(other).toBe(list[1])
    const picture = message(1, { content: 'https://x', caption: '山', message_type: 'image' })
    expect(updateQuotes(list, 101, picture)[0]?.reply_to).toMatchObject({
      content: '山',
      message_type: 'image',
    })
  })

  it('shows nothing of a message that is unsent or hidden', () => {
    for (const gone of [null, unsent(1)]) {
      expect(updateQuotes(list, 101, gone)[0]?.reply_to).toMatchObject({ content: '', deleted: true })
    }
  })

  it('leaves a list alone in which nothing quotes the message', () => {
    expect(updateQuotes(list, 103, quoted)).toBe(list)
  })
})
