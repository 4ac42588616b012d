import { describe, expect, it } from 'vitest'
import { ownPath, returnPath, storedPath, webHost } from './url'

describe('ownPath', () => {
  it('is that of a file of this server', () => {
    expect(ownPath('/static/avatars/b.png')).toBe('/static/avatars/b.png')
    expect(ownPath(`${location.origin}/static/message/a.png?x=1`)).toBe('/static/message/a.png?x=1')
  })

  it.each([
    ['http://elsewhere.example/static/message/a.png'],
    ['//elsewhere.example/static/message/a.png'],
    ['http://localhost:8000/static/message/a.png'],
    ['https://elsewhere.example/x.png'],
    [`${location.origin}/auth/logout`],
    ['/static/../auth/logout'],
    ['javascript:alert(1)'],
    ['https://[bad'],
    [null],
  ])('is null for %s', (url) => {
    expect(ownPath(url)).toBeNull()
  })
})

describe('storedPath', () => {
  it('makes a file of this server loadable whatever host its address names', () => {
    expect(storedPath('http://localhost:8000/static/message/a.png?x=1')).toBe('/static/message/a.png?x=1')
  })

  it('refuses what is no file', () => {
    for (const url of ['https://elsewhere.example/x.png', 'javascript:alert(1)', 'https://[bad', null]) {
      expect(storedPath(url)).toBeNull()
    }
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

it('names the host of a web address, and of nothing else', () => {
  expect(webHost('https://Example.TW:8443/a?b#c')).toBe('example.tw:8443')
  expect(webHost('https://user@例子.example/')).toBe('xn--fsqu00a.example')
  for (const url of ['javascript:alert(1)', 'data:text/html,x', 'https://[bad'])
    expect(webHost(url)).toBeNull()
})
