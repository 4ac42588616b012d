import type { Reporter, TestCase } from 'vitest/node'
import type { Check } from './checks'

/** Prints all checks as one table. */
export default class Table implements Reporter {
  private readonly checks: Check[] = []

  onTestCaseResult(test: TestCase): void {
    this.checks.push(...(test.meta().checks ?? []))
  }

  onTestRunEnd(): void {
    const rows = this.checks
      .toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
      .map(({ id, what, value, gate, unit, ok }) =>
        [id, what, `${rounded(value)} ${unit}`, `${gate} ${unit}`, ok ? 'ok' : 'MISSED'].join(' | '),
      )
    console.log(['', 'check | what | value | gate |', '---|---|---|---|---', ...rows, ''].join('\n'))
  }
}

const rounded = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(0))
