import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { Member } from '@/api/types'
import { usePeople } from './people'

const ROLES = ['owner', 'admin', 'member']

/** The members of the groups that were opened: the owner first, then admins, then by when they joined. */
export const useMembers = defineStore('members', () => {
  const people = usePeople()
  const rooms = shallowReactive(new Map<string, readonly Member[]>())
  const of = (room: string): readonly Member[] => rooms.get(room) ?? []

  /** Takes all members of a room. */
  function set(room: string, members: readonly Member[]): void {
    members.forEach(people.update)
    const rank = ({ role }: Member) => ROLES.indexOf(role)
    const sorted = [...members].sort((a, b) => rank(a) - rank(b) || a.joined_at.localeCompare(b.joined_at))
    rooms.set(room, sorted)
  }

  function change(room: string, to: (known: readonly Member[]) => readonly Member[]): void {
    const known = rooms.get(room)
    if (known) set(room, to(known))
  }

  /** Takes a member who has joined. */
  function add(room: string, member: Member): void {
    change(room, (known) => [...known.filter(({ user_id }) => user_id !== member.user_id), member])
  }

  /** Drops a member who has left. */
  function remove(room: string, user: number): void {
    change(room, (known) => known.filter(({ user_id }) => user_id !== user))
  }

  /** Takes a member's new role. */
  function setRole(room: string, user: number, role: Member['role']): void {
    change(room, (known) => known.map((member) => (member.user_id === user ? { ...member, role } : member)))
  }

  return { rooms, of, set, add, remove, setRole }
})
