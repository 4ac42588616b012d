import { ApiUser } from './api'
import type { Gateway } from './gateway'
import { landscape } from './png'

/** What there is on the screens that are looked at. */
export interface Seed {
  me: ApiUser
  friend: ApiUser
  stranger: ApiUser
  /** A friend with a long name. */
  long: ApiUser
  room: string
  group: string
  /** The room of somebody who asks to write. */
  request: string
  bot: number
  picture: number
  /** The tokens of links to a group and to a person. */
  join: string
  invite: string
}

/** Fills a new server with everything that the screens can show. */
export async function seed(gateway: Gateway): Promise<Seed> {
  const register = (name: string) => ApiUser.register(name, undefined, gateway.url)
  const me = await ApiUser.register('小梅', 'mei@example.tw', gateway.url)
  const [friend, third, stranger] = [await register('阿凱'), await register('小安'), await register('陌生人')]
  const blocked = await register('吵鬧王')
  await gateway.command('admin', 'grant', me.username)
  await me.call('PUT', `/friends/blocks/${blocked.id}`)
  const room = await me.befriend(friend)
  await me.befriend(third)
  const long = await register(`long_name_${'W'.repeat(20)}`)
  await me.befriend(long)
  const { request } = await strangers(me, stranger, register)
  const picture = await talk(me, friend, room)
  const group = await meet(me, friend, third)
  const bot = await program(me)
  await report(me, friend, room)
  return {
    me,
    friend,
    stranger,
    long,
    room,
    group,
    request,
    bot,
    picture,
    ...(await links(friend, third, stranger)),
  }
}

/** Somebody asks to be a friend, another one to write, and one is asked. */
async function strangers(
  me: ApiUser,
  stranger: ApiUser,
  register: (name: string) => Promise<ApiUser>,
): Promise<{ request: string }> {
  const asking = await register('很長很長的名字很長很長的名字很長很長的名字')
  await asking.call('POST', `/friends/request?friend_id=${me.id}`)
  const asked = await register('還沒回答的人')
  await me.call('POST', `/friends/request?friend_id=${asked.id}`)
  const made = await stranger.call<{ chatroom_id: string }>('POST', '/chatrooms', { members_id: [me.id] })
  await stranger.say(made.chatroom_id, '你好，我在市集看到你的攤位')
  return { request: made.chatroom_id }
}

/** A conversation of two with texts of all kinds; returns the message that the other one's answer is about. */
export async function converse(me: ApiUser, friend: ApiUser, room: string): Promise<number> {
  await friend.say(room, '早安，今天天氣真好')
  await friend.say(room, 'x'.repeat(2000))
  await friend.say(room, 'مرحبا، كيف حالك اليوم؟ هذا نص طويل قليلاً 123')
  await me.say(room, `https://example.tw/${'a-long-path/'.repeat(20)}`)
  const plan = await friend.say(room, '星期六早上八點，在捷運站集合？')
  const yes = await me.say(room, '好啊，我帶水和水果，你帶三明治，其他人帶自己想吃的東西', plan)
  await me.edit(room, yes, '好啊，我帶水和水果，你帶三明治，其他人帶自己想吃的東西就好')
  await me.unsend(room, await me.say(room, '說錯了'))
  for (const emoji of ['👍', '🎉', '😂', '❤️', '🙏', '👀']) await friend.react(room, yes, emoji)
  for (const emoji of ['👍', '😂']) await me.react(room, plan, emoji)
  await friend.edit(room, plan, '星期六早上九點，在捷運站集合？')
  await friend.react(room, plan, '👍')
  await friend.unsend(room, await friend.say(room, '也說錯了'))
  await friend.say(room, '👌', yes)
  await friend.say(room, '收到')
  return plan
}

/** A conversation of two with all that a message can have; returns the one with the picture. */
async function talk(me: ApiUser, friend: ApiUser, room: string): Promise<number> {
  const picture = await friend.sendPicture(room, landscape(320, 200), '山上的風景')
  const plan = await converse(me, friend, room)
  await me.call('PUT', `/chatrooms/${room}/messages/${plan}/pin`)
  const send_at = new Date(Date.now() + 86_400_000).toISOString()
  await me.call('POST', `/chatrooms/${room}/scheduled`, {
    content: '記得帶傘',
    send_at,
    client_msg_id: crypto.randomUUID(),
  })
  return picture
}

/** A group of three with a webhook and an invite link. */
async function meet(me: ApiUser, friend: ApiUser, third: ApiUser): Promise<string> {
  const { chatroom_id: group } = await me.call<{ chatroom_id: string }>('POST', '/chatrooms', {
    members_id: [friend.id, third.id],
    chatroom_name: '大學同學會',
  })
  await me.call('PATCH', `/chatrooms/${group}/participants/${third.id}`, { role: 'admin' })
  await me.call('POST', `/chatrooms/${group}/webhooks`, { name: '氣象站' })
  await me.call('POST', `/chatrooms/${group}/invites`, {})
  await friend.say(group, '大家好')
  await me.say(group, '這週末有空嗎？')
  await third.read(group)
  return group
}

/** A bot with a webhook, and tokens of it and of the user; returns the bot. */
async function program(me: ApiUser): Promise<number> {
  const { user_id: bot } = await me.call<{ user_id: number }>('POST', '/bots', { username: '天氣機器人' })
  const token = { name: '備份程式', scopes: ['messages:read', 'rooms:read'] }
  await me.call('POST', '/user/me/tokens', token)
  await me.call('POST', `/bots/${bot}/tokens`, token)
  await me.call('POST', `/bots/${bot}/webhooks`, { url: 'https://example.com/hook', events: ['new_message'] })
  return bot
}

async function report(me: ApiUser, friend: ApiUser, room: string): Promise<void> {
  const message_id = await friend.say(room, '限時特賣，快來買！')
  await me.call('POST', '/reports', { chatroom_id: room, message_id, reason: 'spam', note: '一直傳廣告' })
}

/** Links to a group and to a person that the user does not know. */
async function links(
  friend: ApiUser,
  third: ApiUser,
  stranger: ApiUser,
): Promise<Pick<Seed, 'join' | 'invite'>> {
  for (const other of [third, stranger]) await friend.befriend(other)
  const made = await friend.call<{ chatroom_id: string }>('POST', '/chatrooms', {
    members_id: [third.id, stranger.id],
    chatroom_name: '登山社',
  })
  const { token: join } = await friend.call<{ token: string }>(
    'POST',
    `/chatrooms/${made.chatroom_id}/invites`,
    {},
  )
  const { token: invite } = await stranger.call<{ token: string }>('GET', '/user/me/invite')
  return { join, invite }
}
