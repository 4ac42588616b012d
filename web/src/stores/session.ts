import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as auth from '@/api/auth'
import { problemOf, type Problem } from '@/api/problem'
import { onSessionEnded, refresh, resumeAs, setTokens } from '@/api/token'
import type { ProfileChange, Registration, User } from '@/api/types'
import * as uploads from '@/api/uploads'
import * as users from '@/api/users'
import { forget } from '@/lib/forget'
import { dropOffline, offlineCopy } from '@/lib/offlineCopy'
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
  /** Resolves when the browser has forgotten the session that has ended. */
  let forgotten = Promise.resolve()

  onSessionEnded((why) => {
    if (why === 'revoked') end('revoked')
    else void dropOffline().finally(() => location.reload())
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
    const owner = load('session')
    if (user.value || owner === null) return
    const copy = await offlineCopy(owner)
    if (copy) {
      // It is shown at once; whether the session lasts is asked meanwhile, or when there is a network again.
      user.value = copy.user
      resumeAs(copy.user.user_id)
      void renew().catch(() => undefined)
      return
    }
    try {
      await renew()
    } catch (thrown) {
      const met = problemOf(thrown)
      if (met.status === 401 || met.status === 403) {
        save('session', null)
        ended.value = 'no'
      } else problem.value = met
    }
  }

  async function renew(): Promise<void> {
    await refresh()
    await enter()
  }

  async function enter(): Promise<void> {
    user.value = await users.me()
    save('session', user.value.user_id)
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
    clear(
      'notifications',
      'export',
      ...(how === 'signed-out' ? ['draft.', 'outbox.', 'emoji.', 'sticker.'] : []),
    )
    if (!user.value) return
    ended.value = how
    user.value = null
    // What was written and not sent is sent after signing in again.
    forgotten = forget(how === 'signed-out' ? 'all' : 'copies')
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
    forgotten: () => forgotten,
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
