import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as auth from '@/api/auth'
import { problemOf, type Problem } from '@/api/problem'
import { onSessionEnded, refresh, setTokens } from '@/api/token'
import type { ProfileChange, Registration, User } from '@/api/types'
import * as uploads from '@/api/uploads'
import * as users from '@/api/users'
import { drop } from '@/lib/keep'
import { clear, load, save } from '@/lib/storage'

/** The signed-in user, and the session. */
export const useSession = defineStore('session', () => {
  const user = shallowRef<User | null>(null)
  /** Why the session ended; App.vue then goes to the sign-in page. */
  const ended = ref<'no' | 'signed-out' | 'revoked'>('no')
  const problem = shallowRef<Problem | null>(null)
  const me = computed(() => user.value?.user_id ?? 0)
  let starting: Promise<void> | null = null
  let leaving = false

  onSessionEnded((why) => {
    if (why === 'revoked') end('revoked')
    else location.reload()
  })

  /** Resumes the session of the last visit, if there was one. */
  function start(): Promise<void> {
    starting ??= resume().finally(() => {
      starting = null
    })
    return starting
  }

  async function resume(): Promise<void> {
    problem.value = null
    // Without this flag every first visit would try to refresh a session that does not exist.
    if (user.value || load('session') === null) return
    try {
      await refresh()
      await enter()
    } catch (thrown) {
      const met = problemOf(thrown)
      if (met.status === 401 || met.status === 403) {
        save('session', null)
        ended.value = 'no'
      } else problem.value = met
    }
  }

  async function enter(): Promise<void> {
    user.value = await users.me()
    save('session', true)
  }

  /** Signs in; returns whether that restored an account that was deleted. */
  async function signIn(name: string, password: string): Promise<boolean> {
    const tokens = await auth.signIn(name, password)
    setTokens(tokens)
    await enter()
    return tokens.restored
  }

  /** Creates an account and signs in to it. */
  async function register(registration: Registration): Promise<void> {
    await auth.register(registration)
    await signIn(registration.username, registration.password)
  }

  /** Signs out here or everywhere, and clears what this browser stored of the account. */
  function signOut(all: boolean): Promise<void> {
    return leave(() => auth.signOut(all))
  }

  /** Deletes the account, if the password is right, and with `erase` unsends its messages. */
  function deleteAccount(password: string, erase: boolean): Promise<void> {
    return leave(() => users.remove(me.value, password, erase))
  }

  async function leave(request: () => Promise<unknown>): Promise<void> {
    leaving = true
    try {
      await request()
    } catch (thrown) {
      // A session that has ended already is no failure.
      if (problemOf(thrown).status !== 401) throw thrown
    } finally {
      leaving = false
    }
    end('signed-out')
  }

  /** Ends the session in this page. */
  function end(why: 'signed-out' | 'revoked'): void {
    // `session_revoked` may be received before the answer to signing out.
    const how = leaving ? 'signed-out' : why
    setTokens(null)
    save('session', null)
    save('export', null)
    if (how === 'signed-out') {
      clear('draft.', 'outbox.', 'emoji.', 'sticker.')
      void drop('outbox.')
      void drop('sticker.')
    }
    if (user.value) ended.value = how
    user.value = null
  }

  /** Changes the own profile. */
  async function change(fields: ProfileChange): Promise<User> {
    return (user.value = await users.change(me.value, fields))
  }

  /** Gives the own account a new picture. */
  async function changeAvatar(picture: Blob): Promise<void> {
    const { url } = await uploads.avatar(picture)
    update({ avatar_url: url })
  }

  /** Takes changes of the own profile, such as another device's. */
  function update(fields: Partial<User>): void {
    if (user.value) user.value = { ...user.value, ...fields }
  }

  return {
    user,
    me,
    ended,
    problem,
    start,
    signIn,
    register,
    signOut,
    deleteAccount,
    end,
    change,
    changeAvatar,
    update,
  }
})
