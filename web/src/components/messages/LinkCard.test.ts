import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import LinkCard from './LinkCard.vue'

const URL = 'https://example.tw/a?b=1'
const card = (preview: object) =>
  mount(LinkCard, { props: { preview: { url: URL, title: '陽明山的路線', ...preview } } })

it('is one link, with what the page says and where it is', () => {
  const link = card({ description: '三條路', site_name: '登山客' })
  expect(link.attributes()).toMatchObject({
    href: URL,
    target: '_blank',
    rel: 'noopener noreferrer nofollow',
  })
  expect(link.findAll('[dir]').map((line) => line.text())).toEqual([
    '陽明山的路線',
    '三條路',
    '登山客',
    'example.tw',
  ])
  expect(link.findAll('a, button, img')).toHaveLength(1)
})

it('always says the host, once', () => {
  const lines = (preview: object) =>
    card(preview)
      .findAll('[dir]')
      .map((line) => line.text())
  expect(lines({})).toEqual(['陽明山的路線', 'example.tw'])
  expect(lines({ site_name: 'example.tw' })).toEqual(['陽明山的路線', 'example.tw'])
})

it('leads to nothing that is no web address', () => {
  expect(card({ url: 'javascript:alert(1)' }).find('a').exists()).toBe(false)
})
