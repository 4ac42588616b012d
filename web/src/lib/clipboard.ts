/** Copies a text to the clipboard. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // The clipboard exists on secure origins only, not on plain HTTP in a home network.
    copySelected(text)
  }
}

function copySelected(text: string): void {
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'sr-only'
  const before = document.activeElement
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
}

/**
 * The files of a paste. A text that was copied with them wins: spreadsheets add a picture of the cells. File managers
 * add the names of the files, which are no text of the user.
 */
export function pastedFiles(data: Pick<DataTransfer, 'files' | 'getData'>): File[] {
  const files = [...data.files]
  const text = data.getData('text/plain').trim()
  const names = files.map((file) => file.name).join('\n')
  return text === '' || text === names ? files : []
}
