import { BASE_URL, PASSWORD } from './person'

/** A user who acts through REST only. */
export class ApiUser {
  private constructor(
    readonly id: number,
    readonly username: string,
    readonly token: string,
    private readonly base: string,
  ) {}

  static async register(username: string, email?: string, base = BASE_URL): Promise<ApiUser> {
    const made = await fetch(`${base}/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: PASSWORD, ...(email && { email }) }),
    })
    if (!made.ok) throw new Error(`register ${username}: ${made.status} ${await made.text()}`)
    const { user_id } = (await made.json()) as { user_id: number }
    const signed = await fetch(`${base}/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({ username, password: PASSWORD }),
    })
    const { access_token } = (await signed.json()) as { access_token: string }
    return new ApiUser(user_id, username, access_token, base)
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.base + path, {
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

  /** Befriends another user and returns their room. */
  async befriend(other: ApiUser): Promise<string> {
    await this.call('POST', `/friends/request?friend_id=${other.id}`)
    const { chatroom_id } = await other.call<{ chatroom_id: string }>(
      'POST',
      `/friends/requests/accepted?friend_id=${this.id}`,
    )
    return chatroom_id
  }

  /** Sends a text, perhaps as a reply; returns the message's id. */
  async say(room: string, content: string, reply_to?: number): Promise<number> {
    const client_msg_id = crypto.randomUUID()
    const { message_id } = await this.call<{ message_id: number }>('POST', `/chatrooms/${room}/message`, {
      content,
      client_msg_id,
      ...(reply_to !== undefined && { reply_to }),
    })
    return message_id
  }

  /** Sends a picture, perhaps with a caption; returns the message's id. */
  async sendPicture(room: string, picture: Buffer, caption = ''): Promise<number> {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(picture)], { type: 'image/png' }), 'picture.png')
    const { url } = await this.call<{ url: string }>('POST', '/upload/upload-message-file', form)
    const { message_id } = await this.call<{ message_id: number }>('POST', `/chatrooms/${room}/message`, {
      content: url,
      media_url: url,
      message_type: 'image',
      client_msg_id: crypto.randomUUID(),
      ...(caption && { caption }),
    })
    return message_id
  }

  edit(room: string, id: number, content: string): Promise<unknown> {
    return this.call('PATCH', `/chatrooms/${room}/messages/${id}`, { content })
  }

  unsend(room: string, id: number): Promise<unknown> {
    return this.call('DELETE', `/chatrooms/${room}/messages/${id}`)
  }

  /** Hides a message for oneself. */
  hide(room: string, id: number): Promise<unknown> {
    return this.call('DELETE', `/chatrooms/${room}/messages/${id}?for=me`)
  }

  react(room: string, id: number, emoji: string): Promise<unknown> {
    return this.call('PUT', `/chatrooms/${room}/messages/${id}/reactions/${encodeURIComponent(emoji)}`)
  }

  read(room: string): Promise<unknown> {
    return this.call('POST', `/chatrooms/${room}/read`, {})
  }

  rename(nickname: string, status = ''): Promise<unknown> {
    return this.call('PATCH', `/user/${this.id}`, { nickname, status })
  }

  async setAvatar(picture: Buffer): Promise<void> {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(picture)], { type: 'image/png' }), 'face.png')
    await this.call('POST', '/upload/upload-avatar', form)
  }
}
