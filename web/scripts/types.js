// Writes src/api/generated from the server's documents: REST from docs/openapi.json, Socket.IO from docs/asyncapi.json.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { compile } from 'json-schema-to-typescript'
import openapiTS, { astToString } from 'openapi-typescript'

const DOCS = new URL('../../docs/', import.meta.url)
const OUT = new URL('../src/api/generated/', import.meta.url)

const read = async (name) => JSON.parse(await readFile(new URL(name, DOCS), 'utf8'))

/** Returns what a chain of local references leads to. */
function resolve(document, node) {
  while (node.$ref) {
    const keys = node.$ref.slice('#/'.length).split('/')
    node = keys.reduce((parent, key) => parent[key.replaceAll('~1', '/').replaceAll('~0', '~')], document)
  }
  return node
}

const object = (properties) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

/** Returns the schema of two maps by name: the events, and the requests with their answers. */
function asyncapiSchema(document) {
  const [events, requests] = [{}, {}]
  for (const { action, messages, reply } of Object.values(document.operations)) {
    const { name, payload } = resolve(document, messages[0])
    if (action === 'send') events[name] = payload
    else {
      const answers = reply.messages.map((message) => resolve(document, message).payload)
      requests[name] = object({ payload, answer: { anyOf: answers } })
    }
  }
  const named = Object.entries(document.components.schemas).map(([title, schema]) => [
    title,
    { ...schema, title },
  ])
  return {
    ...object({
      events: { ...object(events), title: 'ServerEvents' },
      requests: { ...object(requests), title: 'Requests' },
    }),
    components: { schemas: Object.fromEntries(named) },
  }
}

await mkdir(OUT, { recursive: true })
const asyncapi = await compile(asyncapiSchema(await read('asyncapi.json')), 'AsyncApi', {
  additionalProperties: false,
  bannerComment: '// Generated from docs/asyncapi.json by scripts/types.js.',
  format: false,
})
await writeFile(new URL('asyncapi.ts', OUT), asyncapi)
await writeFile(new URL('openapi.ts', OUT), astToString(await openapiTS(await read('openapi.json'))))
