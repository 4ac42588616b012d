import { answerMedia, isMedia } from './media'
import { clicked, received } from './notifications'
import { isShare, takeShare } from './share'
import type { ToWorker } from '../src/lib/workerMessages'
import { answerFile, answerPage, isFile, isPage, keepFiles, removeOthers } from './shell'

/** The service worker: starts the client without a network, keeps pictures and what is shared, and shows notifications. */
declare const self: ServiceWorkerGlobalScope

// A new version waits until the page asks for it, so that none is cut off while it does something.
self.addEventListener('install', (event) => event.waitUntil(keepFiles()))
self.addEventListener('activate', (event) =>
  event.waitUntil(Promise.all([removeOthers(), self.clients.claim()])),
)

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (url.origin !== self.location.origin) return
  if (isShare(request, url)) event.respondWith(takeShare(request))
  // A part of a file is the network's, and so is every answer of the API.
  if (request.method !== 'GET' || request.headers.has('range')) return
  if (request.mode === 'navigate') {
    if (isPage(url.pathname)) event.respondWith(answerPage(event))
  } else if (isFile(url.pathname)) event.respondWith(answerFile(request))
  else if (isMedia(request, url)) event.respondWith(answerMedia(event))
})

self.addEventListener('push', (event) => {
  const push = event.data?.json() as Parameters<typeof received>[0] | undefined
  if (push) event.waitUntil(received(push, 'push'))
})

self.addEventListener('notificationclick', (event) => event.waitUntil(clicked(event.notification)))

self.addEventListener('message', (event) => {
  const message = event.data as ToWorker
  if (message.type === 'activate') event.waitUntil(self.skipWaiting())
  else event.waitUntil(received(message, 'page'))
})
