import { onScopeDispose, ref, shallowRef } from 'vue'
import { waveformOf } from '@/lib/waveform'

/** A recorded voice message. */
export interface Recording {
  file: File
  duration_ms: number
  waveform: number[]
}

const SAMPLE_MS = 80
const LONGEST_MS = 10 * 60_000
/** What browsers record that the server takes, with the endings of the files. */
const FORMATS = [
  ['audio/webm;codecs=opus', 'audio/webm', 'weba'],
  ['audio/mp4', 'audio/mp4', 'm4a'],
  ['audio/ogg;codecs=opus', 'audio/ogg', 'ogg'],
] as const

/** Whether the browser records, which it does on secure origins only. */
export function canRecord(): boolean {
  return typeof MediaRecorder === 'function' && 'mediaDevices' in navigator
}

/** Records from the microphone. */
export function useVoiceRecorder() {
  const recording = ref(false)
  const elapsed = ref(0)
  /** How loud it was, moment by moment, 0 to 1. */
  const levels = shallowRef<readonly number[]>([])
  let end: (() => Promise<Recording | null>) | null = null

  /** Begins; throws where the microphone is missing or refused. */
  async function start(): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    const format = FORMATS.find(([codec]) => MediaRecorder.isTypeSupported(codec)) ?? FORMATS[0]
    const recorder = new MediaRecorder(stream, { mimeType: format[0] })
    const parts: Blob[] = []
    recorder.ondataavailable = ({ data }) => parts.push(data)
    const stopped = new Promise((resolve) => (recorder.onstop = resolve))
    const measure = loudness(stream)
    const begun = Date.now()
    levels.value = []
    elapsed.value = 0
    const timer = setInterval(() => {
      elapsed.value = Date.now() - begun
      levels.value = [...levels.value, measure.level()]
      if (elapsed.value >= LONGEST_MS && recorder.state === 'recording') recorder.pause()
    }, SAMPLE_MS)
    end = async () => {
      clearInterval(timer)
      recorder.stop()
      await stopped
      stream.getTracks().forEach((track) => track.stop())
      measure.close()
      recording.value = false
      const [, type, ending] = format
      const file = new File(parts, `voice.${ending}`, { type })
      return {
        file,
        duration_ms: Math.min(Date.now() - begun, LONGEST_MS),
        waveform: waveformOf(levels.value),
      }
    }
    recorder.start()
    recording.value = true
  }

  /** Ends, and returns what was recorded; null if nothing was. */
  async function stop(): Promise<Recording | null> {
    const ending = end
    end = null
    return ending ? ending() : null
  }

  onScopeDispose(() => void stop())

  return { recording, elapsed, levels, start, stop }
}

/** Measures how loud a sound is now. */
function loudness(stream: MediaStream): { level: () => number; close: () => void } {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  return {
    level() {
      analyser.getFloatTimeDomainData(samples)
      return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    },
    close: () => void context.close(),
  }
}
