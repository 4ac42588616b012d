const SIDE = 400

/** Crops a picture to its middle square, of at most 400 pixels, for an avatar. */
export async function squared(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file)
  const side = Math.min(picture.width, picture.height)
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.min(SIDE, side)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no canvas')
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(
    picture,
    (picture.width - side) / 2,
    (picture.height - side) / 2,
    side,
    side,
    0,
    0,
    canvas.width,
    canvas.height,
  )
  picture.close()
  return blobOf(canvas, 'image/jpeg')
}

const STICKER_SIDE = 320

/** Draws a picture as a sticker, of at most 320 pixels a side; throws if the browser cannot show it. */
export async function stickerFile(url: string, name: string): Promise<File> {
  const image = new Image()
  image.src = url
  await image.decode()
  const scale = Math.min(1, STICKER_SIDE / Math.max(image.naturalWidth, image.naturalHeight))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(image.naturalWidth * scale))
  canvas.height = Math.max(1, Math.round(image.naturalHeight * scale))
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  // Safari makes PNG of it, which the server takes as well.
  const blob = await blobOf(canvas, 'image/webp')
  return new File([blob], `${name}.${blob.type.split('/')[1] ?? ''}`, { type: blob.type })
}

function blobOf(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), type, 0.9)
  })
}
