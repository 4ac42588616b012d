import { deflateSync } from 'node:zlib'

/** Red, green, blue. */
type Colour = [number, number, number]
/** The colour of a pixel. */
type Paint = (x: number, y: number) => Colour

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

/** The colours of a landscape: the sky from top to horizon, the hills from far to near, and where the sun is. */
export interface Light {
  top: Colour
  horizon: Colour
  hills: readonly [Colour, Colour, Colour]
  sun: { x: number; y: number; colour: Colour }
}

const DAY: Light = {
  top: [116, 178, 236],
  horizon: [226, 240, 250],
  hills: [
    [139, 178, 178],
    [72, 138, 92],
    [32, 84, 52],
  ],
  sun: { x: 0.78, y: 0.2, colour: [255, 250, 224] },
}
export const DUSK: Light = {
  top: [64, 56, 110],
  horizon: [250, 170, 110],
  hills: [
    [150, 98, 120],
    [96, 62, 92],
    [44, 32, 58],
  ],
  sun: { x: 0.35, y: 0.5, colour: [255, 226, 160] },
}
export const NIGHT: Light = {
  top: [14, 20, 46],
  horizon: [74, 92, 142],
  hills: [
    [52, 66, 104],
    [32, 44, 76],
    [16, 24, 46],
  ],
  sun: { x: 0.68, y: 0.22, colour: [240, 242, 250] },
}
export const MORNING: Light = {
  top: [164, 196, 214],
  horizon: [250, 226, 196],
  hills: [
    [172, 184, 176],
    [112, 146, 122],
    [62, 98, 78],
  ],
  sun: { x: 0.6, y: 0.38, colour: [255, 246, 214] },
}

/** A landscape: sky, sun, three rows of hills; `seed` gives the hills another shape. */
export function landscape(width: number, height: number, light = DAY, seed = 0): Buffer {
  const mix = (a: Colour, b: Colour, part: number) =>
    a.map((value, index) => Math.round(value + ((b[index] ?? 0) - value) * part)) as Colour
  const ridge = (u: number, row: number) =>
    0.5 +
    row * 0.14 +
    Math.sin(u * (9 - row * 2) + row * 2.1 + seed * 1.7) * 0.07 +
    Math.sin(u * (23 - row * 4) + seed * 3.1) * 0.02
  return png(width, height, (x, y) => {
    const [u, v] = [x / width, y / height]
    for (const row of [2, 1, 0] as const) if (v > ridge(u, row)) return light.hills[row]
    const distance = Math.hypot((u - light.sun.x) * (width / height), v - light.sun.y)
    const sky = mix(light.top, light.horizon, Math.min(1, v * 1.7))
    return mix(light.sun.colour, sky, Math.min(1, Math.max(0, (distance - 0.06) * 4)))
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
