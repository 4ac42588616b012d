import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The browser journeys: one story after another in one browser, against the gateway named by BASE_URL. */
export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  test: {
    environment: 'node',
    include: ['e2e/**/*.e2e.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
