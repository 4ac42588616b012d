import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The browser tests, one after another, against the gateway that BASE_URL names. */
export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  test: {
    environment: 'node',
    // Vitest overwrites BASE_URL in the tests with the base path of the pages.
    env: { GATEWAY_URL: process.env['BASE_URL'] ?? '' },
    bail: 1,
    // `npm run screenshots` takes the README's pictures instead.
    include: [process.env['PICTURES'] ? 'e2e/pictures.ts' : 'e2e/**/*.e2e.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
