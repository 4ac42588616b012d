import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { returnPath } from '@/lib/url'
import { i18n } from './i18n'
import { useNotices } from '@/stores/notices'
import { useSession } from '@/stores/session'

const room = () => import('./pages/Room.vue')
const settings = () => import('./pages/Settings.vue')

const routes: RouteRecordRaw[] = [
  { path: '/login', name: 'login', component: () => import('./pages/SignIn.vue'), meta: { open: true } },
  {
    path: '/register',
    name: 'register',
    component: () => import('./pages/Register.vue'),
    meta: { open: true },
  },
  {
    path: '/',
    component: () => import('./pages/Shell.vue'),
    children: [
      { path: '', redirect: '/chats' },
      {
        path: 'chats',
        component: () => import('./pages/Inbox.vue'),
        children: [
          { path: '', name: 'chats', component: () => import('./pages/NoRoom.vue') },
          { path: ':room', name: 'room', component: room, props: true },
          {
            path: ':room/m/:message(\\d{1,16})',
            name: 'message',
            component: room,
            props: ({ params }) => ({ room: params['room'], message: Number(params['message']) }),
          },
        ],
      },
      { path: 'people', redirect: '/people/friends' },
      {
        path: 'people/:tab(friends|received|sent|search)',
        name: 'people',
        component: () => import('./pages/People.vue'),
        props: true,
      },
      {
        path: 'settings/:section(profile|appearance|notifications|privacy|account|programs|about)?',
        name: 'settings',
        component: settings,
        props: true,
      },
      {
        path: 'settings/programs/:bot(\\d{1,16})',
        name: 'bot',
        component: settings,
        props: ({ params }) => ({ section: 'programs', bot: Number(params['bot']) }),
      },
      { path: 'settings/administration', redirect: '/settings/administration/people' },
      {
        path: 'settings/administration/:tab(people|reports|statistics|audit)',
        name: 'administration',
        component: () => import('./pages/Admin.vue'),
        props: true,
      },
      { path: 'share', name: 'share', component: () => import('./pages/Share.vue') },
      { path: 'join/:token', name: 'join', component: () => import('./pages/JoinGroup.vue'), props: true },
      {
        path: 'invite/:token',
        name: 'invite',
        component: () => import('./pages/AcceptInvite.vue'),
        props: true,
      },
      {
        path: 'u/:user(\\d+)',
        name: 'person',
        component: () => import('./pages/Person.vue'),
        props: (route) => ({ user: Number(route.params['user']) }),
      },
    ],
  },
  {
    path: '/:rest(.*)*',
    name: 'not-found',
    component: () => import('./pages/NotFound.vue'),
    meta: { open: true },
  },
]

export const router = createRouter({ history: createWebHistory(), routes })

// Offline, a screen that was never visited cannot be loaded.
router.onError(() => useNotices().show(i18n.global.t('errors.offline'), 'error'))

router.beforeEach(async (to) => {
  const session = useSession()
  if (!session.user) await session.start()
  const signing = to.name === 'login' || to.name === 'register'
  if (session.user) return signing ? returnPath(to.query['return']) : true
  // While the server is unreachable App.vue offers a retry instead of the sign-in page.
  if (to.meta['open'] || session.problem) return true
  return {
    name: 'login',
    query: to.fullPath === '/' || to.fullPath === '/chats' ? {} : { return: to.fullPath },
  }
})
