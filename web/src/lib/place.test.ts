import { expect, it } from 'vitest'
import { place } from './place'

const PHONE = { width: 360, height: 640 }
const MENU = { width: 180, height: 140 }
const anchor = (left: number, top: number) => ({ left, top, right: left + 28, bottom: top + 28 })

it('stands below its anchor, to the right or to the left', () => {
  expect(place(anchor(100, 100), MENU, PHONE, false)).toEqual({ left: 100, top: 132 })
  expect(place(anchor(300, 100), MENU, PHONE, true)).toEqual({ left: 148, top: 132 })
})

it('stands above where there is no room below', () => {
  expect(place(anchor(100, 500), MENU, PHONE, false)).toEqual({ left: 100, top: 356 })
})

it('stays inside the viewport', () => {
  expect(place(anchor(320, 100), MENU, PHONE, false).left).toBe(172)
  expect(place(anchor(10, 100), MENU, PHONE, true).left).toBe(8)
  expect(place(anchor(100, 700), MENU, PHONE, false).top).toBe(492)
  expect(place(anchor(100, -200), MENU, PHONE, false).top).toBe(8)
})
