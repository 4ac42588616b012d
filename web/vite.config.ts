import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { LOCALES, writeLocales } from './scripts/catalogue.js'

const gateway = process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:8000'

/** Writes the texts anew when one of them changes while developing. */
const locales: Plugin = {
  name: 'locales',
  configureServer({ watcher, config }) {
    watcher.on('all', (_, file) => {
      if (dirname(file) !== LOCALES) return
      try {
        writeLocales()
      } catch (thrown) {
        // A file that is being edited may not be complete.
        config.logger.error(String(thrown))
      }
    })
  },
}

export default defineConfig({
  plugins: [vue(), tailwindcss(), locales],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    manifest: true,
    // The content security policy allows no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '^/(auth|user|friends|chatrooms|upload|static|sync|push)(/|$|\\?)': { target: gateway },
      '/socket.io': { target: gateway, ws: true },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    restoreMocks: true,
    unstubGlobals: true,
    env: { TZ: 'Asia/Taipei' },
  },
})
