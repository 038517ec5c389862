// Decides the requests of `bench.evaluate` by the npm package @cloud-copilot/iam-simulate, and prints decisions per
// CPU-second. Its licence is the AGPL: it runs here as a program of its own, and nothing of it is in guestpass.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [entry, input] = process.argv.slice(2)
const { runSimulation } = await import(pathToFileURL(entry).href)
const { policies, requests } = JSON.parse(readFileSync(input, 'utf8'))
const identityPolicies = policies.map((policy, number) => ({ name: `p${number}`, policy }))

async function decide(request) {
  return runSimulation({ request, identityPolicies, serviceControlPolicies: [], resourceControlPolicies: [] }, {})
}

const kinds = {}
for (const request of requests.slice(0, 200)) {
  const answer = await decide(request)
  const word = answer.overallResult ?? answer.resultType ?? Object.keys(answer).join('+')
  kinds[word] = (kinds[word] ?? 0) + 1
}
const start = process.cpuUsage()
for (const request of requests) await decide(request)
const used = process.cpuUsage(start)
console.log(JSON.stringify({ rate: requests.length / ((used.user + used.system) / 1e6), kinds }))
