import { expect, it } from 'vitest'
import { foundPieces } from './search'

const shown = (text: string, ...matches: [number, number][]) =>
  foundPieces(
    text,
    matches.map(([start, length]) => ({ start, length })),
  )
    .map((piece) => (piece.marked ? `[${piece.text}]` : piece.text))
    .join('')

it('marks every match, counted in code points, also where they overlap', () => {
  expect(shown('😀去陽明山看花', [2, 3], [5, 1])).toBe('😀去[陽明山][看]花')
  expect(shown('陽明山', [0, 2], [1, 2])).toBe('[陽明][山]')
  expect(shown('沒有', [0, 0])).toBe('沒有')
})

it('shows the part of a long text around the first match', () => {
  const found = shown(`${'前'.repeat(500)}山${'後'.repeat(500)}`, [500, 1])
  expect(found).toBe(`…${'前'.repeat(24)}[山]${'後'.repeat(135)}…`)
})
