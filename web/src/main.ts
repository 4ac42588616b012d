import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, startLocale } from './i18n'
import { router } from './router'
import './style.css'

// A page restored from the back/forward cache may belong to a session that has ended.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})

await startLocale()
createApp(App).use(createPinia()).use(i18n).use(router).mount('#app')
