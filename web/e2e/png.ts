import { deflateSync } from 'node:zlib'

/** The colour of a pixel: red, green, blue. */
type Paint = (x: number, y: number) => [number, number, number]

/** Encodes a true-colour PNG. */
function png(width: number, height: number, paint: Paint): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [r, g, b] = paint(x, y)
      const at = y * (width * 3 + 1) + 1 + x * 3
      rows[at] = r
      rows[at + 1] = g
      rows[at + 2] = b
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  header[9] = 2
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A landscape: sky, two rows of hills. */
export function landscape(width: number, height: number): Buffer {
  return png(width, height, (x, y) => {
    const u = x / width
    const v = y / height
    const far = 0.58 + Math.sin(u * 7 + 0.4) * 0.07 + Math.sin(u * 19) * 0.025
    const near = 0.78 + Math.sin(u * 5 + 2) * 0.06
    if (v > near) return [32, 84, 52]
    if (v > far) return [72, 138, 92]
    return [Math.round(150 + v * 90), Math.round(196 + v * 40), 242]
  })
}

/** A simple face, for avatars. */
export function face(size: number, [r, g, b]: [number, number, number]): Buffer {
  return png(size, size, (x, y) => {
    const [u, v] = [x / size - 0.5, y / size - 0.5]
    const head = Math.hypot(u, v + 0.08) < 0.19
    const body = Math.hypot(u, v - 0.52) < 0.34
    return head || body ? [250, 244, 236] : [r, g, b]
  })
}

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(12 + data.length)
  out.writeUInt32BE(data.length, 0)
  out.write(type, 4, 'latin1')
  data.copy(out, 8)
  out.writeUInt32BE(crc(out.subarray(4, 8 + data.length)), 8 + data.length)
  return out
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return (value ^ 0xffffffff) >>> 0
}
