import { BASE_URL, PASSWORD } from './person'

/** A person who acts through REST alone, to set a scene quickly. */
export class Extra {
  private constructor(
    readonly id: number,
    readonly username: string,
    private readonly token: string,
  ) {}

  static async register(username: string, email?: string): Promise<Extra> {
    const made = await fetch(`${BASE_URL}/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: PASSWORD, ...(email && { email }) }),
    })
    if (!made.ok) throw new Error(`register ${username}: ${made.status} ${await made.text()}`)
    const { user_id } = (await made.json()) as { user_id: number }
    const signed = await fetch(`${BASE_URL}/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({ username, password: PASSWORD }),
    })
    const { access_token } = (await signed.json()) as { access_token: string }
    return new Extra(user_id, username, access_token)
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(BASE_URL + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body instanceof FormData ? {} : { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return (text ? JSON.parse(text) : null) as T
  }

  /** Becomes a friend of another and returns their room. */
  async befriend(other: Extra): Promise<string> {
    await this.call('POST', `/friends/request?friend_id=${other.id}`)
    const { chatroom_id } = await other.call<{ chatroom_id: string }>(
      'POST',
      `/friends/requests/accepted?friend_id=${this.id}`,
    )
    return chatroom_id
  }

  say(room: string, content: string): Promise<unknown> {
    return this.call('POST', `/chatrooms/${room}/message`, { content, client_msg_id: crypto.randomUUID() })
  }

  rename(nickname: string, status = ''): Promise<unknown> {
    return this.call('PATCH', `/user/${this.id}`, { nickname, status })
  }

  async wear(picture: Buffer): Promise<void> {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(picture)], { type: 'image/png' }), 'face.png')
    await this.call('POST', '/upload/upload-avatar', form)
  }
}
