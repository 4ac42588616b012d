import { expect, it } from 'vitest'
import { refusalOf } from './file'

const file = (type: string, size = 10) => new File(['x'.repeat(size)], 'a', { type })

it.each([
  ['image/jpeg', null],
  ['image/heic', 'unsupported_type'],
  ['image/svg+xml', 'unsupported_type'],
  ['text/html', 'unsupported_type'],
  ['text/plain', null],
  ['audio/webm;codecs=opus', null],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', null],
  // What the browser does not know the server may.
  ['', null],
])('judges a file by its type before it is sent: %s', (type, reason) => {
  expect(refusalOf(file(type), Infinity)).toBe(reason)
})

it('refuses a file that is larger than one that was refused', () => {
  expect(refusalOf(file('image/png', 11), 10)).toBe('too_large')
  expect(refusalOf(file('image/png', 10), 10)).toBeNull()
})
