import { defineConfig } from 'vitest/config'
import e2e from './vitest.e2e.config.ts'

/** The measurements of the client, one after another, against the gateway that BASE_URL names. */
export default defineConfig({
  ...e2e,
  test: {
    ...e2e.test,
    bail: 0,
    include: ['bench/*.bench.ts'],
    reporters: ['default', './bench/table.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})
