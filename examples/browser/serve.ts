/**
 * `npx tsx examples/browser/serve.ts [port]`: bundles the example for browsers and serves it on localhost, with the headers that
 * threads need.
 */
import { ortFolder } from '../../scripts/browser-bundle.ts'
import { serve } from '../../scripts/static-site.ts'
import { exampleSite } from './site.ts'

const port = Number(process.argv[2] ?? 8080)
const { url } = await serve(await exampleSite(6000), { '/ort/': ortFolder }, true, port)
console.log(`Open ${url} (Ctrl-C ends it)`)
