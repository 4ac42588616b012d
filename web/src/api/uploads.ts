import { isReadable } from '@/lib/file'
import { parseProblem, Problem } from './problem'
import { accessToken, firstToken, refresh } from './token'
import type { Upload } from './types'

interface UploadOptions {
  /** Called with the part that has been sent, 0 to 1. */
  progress?: (part: number) => void
  signal?: AbortSignal
}

/** Uploads a file for a message. */
export const messageFile = (file: File, options: UploadOptions = {}) =>
  upload('/upload/upload-message-file', file, options)

/** Uploads a picture and makes it the user's avatar. */
export const avatar = (file: Blob) =>
  upload('/upload/upload-avatar', new File([file], 'avatar.jpg', { type: file.type }), {})

/** Uploads a picture for a group. */
export const groupAvatar = (file: Blob) =>
  upload('/upload/upload-group-avatar', new File([file], 'group.jpg', { type: file.type }), {})

type UploadPath = '/upload/upload-message-file' | '/upload/upload-avatar' | '/upload/upload-group-avatar'

async function upload(path: UploadPath, file: File, options: UploadOptions): Promise<Upload> {
  const used = accessToken() ?? (await firstToken())
  try {
    return await post(path, file, options)
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.status !== 401) throw thrown
    if (accessToken() === used) await refresh()
    return post(path, file, options)
  }
}

// XMLHttpRequest, because fetch does not report the progress of an upload.
function post(path: UploadPath, file: File, { progress, signal }: UploadOptions): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const form = new FormData()
    form.append('file', file, file.name)
    // The browser reports a file that it cannot read like a lost connection.
    const failed = async () => reject((await isReadable(file)) ? Problem.offline() : Problem.unreadable())
    const aborted = () => reject(new Problem(0, 'aborted', 'Aborted'))
    if (signal?.aborted) return aborted()
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress?.(event.loaded / event.total)
    }
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as Upload)
      else {
        const wait = request.getResponseHeader('retry-after')
        reject(parseProblem(request.status, request.responseText, wait))
      }
    }
    request.onerror = failed
    request.ontimeout = failed
    request.onabort = aborted
    signal?.addEventListener('abort', () => request.abort())
    request.open('POST', path)
    const token = accessToken()
    if (token) request.setRequestHeader('authorization', `Bearer ${token}`)
    request.setRequestHeader('accept', 'application/json')
    request.send(form)
  })
}
