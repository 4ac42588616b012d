import { describe, expect, it } from 'vitest'
import { ownPath, returnPath } from './url'

describe('ownPath', () => {
  it('makes own files loadable whatever host their address names', () => {
    expect(ownPath('http://localhost:8000/static/message/a.png?x=1')).toBe('/static/message/a.png?x=1')
    expect(ownPath('/static/avatars/b.png')).toBe('/static/avatars/b.png')
    expect(ownPath(`${location.origin}/x.png`)).toBe('/x.png')
  })

  it('refuses what is not ours', () => {
    expect(ownPath('https://elsewhere.example/x.png')).toBeNull()
    expect(ownPath('javascript:alert(1)')).toBeNull()
    expect(ownPath('https://[bad')).toBeNull()
    expect(ownPath(null)).toBeNull()
  })
})

describe('returnPath', () => {
  it('stays inside the application', () => {
    expect(returnPath('/chats/x?media=1')).toBe('/chats/x?media=1')
    for (const bad of [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      'chats',
      '',
      undefined,
      ['/x'],
    ]) {
      expect(returnPath(bad)).toBe('/chats')
    }
  })
})
