import { describe, expect, it } from 'vitest'
import { picture } from '@/testing'
import { shareOf } from './share'

function form(fields: Record<string, string>, files: readonly File[] = []): FormData {
  const posted = new FormData()
  for (const [name, value] of Object.entries(fields)) posted.append(name, value)
  for (const file of files) posted.append('files', file)
  return posted
}

describe('what another app shares', () => {
  it('is its title, text and address, each on a line', () => {
    const shared = shareOf(form({ title: '陽明山', text: '一起去嗎？', url: 'https://example.tw/a' }))
    expect(shared.text).toBe('陽明山\n一起去嗎？\nhttps://example.tw/a')
  })

  it('says nothing twice', () => {
    const text = '陽明山的路線 https://example.tw/a'
    expect(shareOf(form({ title: '陽明山', text, url: 'https://example.tw/a' })).text).toBe(text)
    expect(shareOf(form({ title: '同樣的', text: '同樣的', url: '' })).text).toBe('同樣的')
  })

  it('is files, without the empty one of a form in which none was chosen', () => {
    const { text, files } = shareOf(form({}, [picture('一.png'), new File([], '')]))
    expect([text, files.map(({ name }) => name)]).toEqual(['', ['一.png']])
  })
})
