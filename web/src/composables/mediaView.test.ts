import { describe, expect, it } from 'vitest'
import type { Message } from '@/api/types'
import { message } from '@/testing'
import { mediaOf } from './mediaView'

const PATH = '/static/message/01935b6e-0000-7000-8000-00000000000a.png'
const media = { file_name: '山景.png', size: 1000, width: 30, height: 20 } as Message['media']
const picture = (url: string, of: Message['media'] = null) =>
  mediaOf(message(1, { message_type: 'image', content: url, media_url: url, media: of }), undefined)

describe('the file of a message', () => {
  it('is this server’s if its address is', () => {
    expect(picture(location.origin + PATH)).toMatchObject({ src: PATH, foreign: null })
  })

  it('is this server’s if it was uploaded here under another name of the server', () => {
    expect(picture(`http://127.0.0.1:8000${PATH}`, media)).toMatchObject({ src: PATH, foreign: null })
  })

  it('is another host’s, and only linked, if its address is', () => {
    const url = `https://elsewhere.example${PATH}`
    expect(picture(url)).toMatchObject({ src: null, foreign: url })
  })
})
