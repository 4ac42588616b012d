import { expect, type TestContext } from 'vitest'

/** One measured value beside its gate. */
export interface Check {
  /** The number in the table of docs/web.md. */
  id: string
  what: string
  value: number
  gate: number
  unit: string
  ok: boolean
}

declare module 'vitest' {
  interface TaskMeta {
    checks?: Check[]
  }
}

type Task = TestContext['task']
type Measured = Omit<Check, 'ok'>

function note(task: Task, measured: Measured, ok: boolean): void {
  task.meta.checks = [...(task.meta.checks ?? []), { ...measured, ok }]
  expect.soft(ok, `${measured.id} ${measured.what}: ${measured.value} ${measured.unit}`).toBe(true)
}

/** Notes a value that must not be above its gate. */
export function atMost(task: Task, measured: Measured): void {
  note(task, measured, measured.value <= measured.gate)
}

/** Notes a value that must not be below its gate. */
export function atLeast(task: Task, measured: Measured): void {
  note(task, measured, measured.value >= measured.gate)
}
