import type { Locator, Page } from 'playwright-core'
import type { Texts } from './texts'

/** A screen of the client. */
export interface Screen {
  name: string
  path: string
  /** What is open on it: components with the element of theirs that opens. */
  opens?: readonly string[]
  /** Waits until the page is there, and opens what is looked at. */
  show: (page: Page, t: Texts) => Promise<unknown>
}

/** Waits for a text of the client. */
export const says =
  (key: string, values = {}) =>
  (page: Page, t: Texts): Promise<void> =>
    page.getByText(t(key, values)).filter({ visible: true }).first().waitFor()

/** Presses the first button of this name. */
export const press = (within: Page | Locator, name: string): Promise<void> =>
  within.getByRole('button', { name, exact: true }).first().click()

/** Presses a button, and waits for the dialog that it opens. */
export const asks =
  (key: string, values = {}) =>
  async (page: Page, t: Texts): Promise<void> => {
    await press(page, t(key, values))
    await page.getByRole('dialog').waitFor()
  }
