// Sends what @device-management-toolkit/wsman-messages builds: one request for each
// line of JSON on stdin, its reply as a line of JSON on stdout.
// usage: node messages.js URL CA-FILE USER PASSWORD BASE-URI CLASS
'use strict'
const fs = require('node:fs')
const https = require('node:https')
const readline = require('node:readline')
const { BaseActions, WSManMessageCreator } = require('@device-management-toolkit/wsman-messages/WSMan.js')

const [url, caFile, user, password, base, wmiClass] = process.argv.slice(2)
const ca = fs.readFileSync(caFile)
const creator = new WSManMessageCreator(base)

const common = (action, body, selector) =>
  creator.createXml(creator.createHeader(action, wmiClass, selector), body)

const builders = {
  get: ({ selector }) => common(BaseActions.GET, creator.createCommonBody.Get(), selector),
  put: ({ selector, values }) =>
    common(BaseActions.PUT, creator.createCommonBody.CreateOrPut(wmiClass, values), selector),
  create: ({ values }) => common(BaseActions.CREATE, creator.createCommonBody.CreateOrPut(wmiClass, values)),
  delete: ({ selector }) => common(BaseActions.DELETE, creator.createCommonBody.Delete(), selector),
  enumerate: () => common(BaseActions.ENUMERATE, creator.createCommonBody.Enumerate()),
  pull: ({ context }) => common(BaseActions.PULL, creator.createCommonBody.Pull(context)),
  invoke: ({ method, selector, values }) =>
    common(`${base}${wmiClass}/${method}`, creator.createBody(`${method}_INPUT`, wmiClass, values), selector)
}

// A connection for each request, as clients of this family do.
const send = (body) => new Promise((resolve, reject) => {
  const request = https.request(url, {
    method: 'POST', ca, agent: false, auth: `${user}:${password}`, timeout: 30000,
    headers: { 'Content-Type': 'application/soap+xml; charset=utf-8', 'Content-Length': Buffer.byteLength(body) }
  }, (response) => {
    const parts = []
    response.on('data', (part) => parts.push(part))
    response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(parts).toString() }))
  })
  request.on('error', reject)
  request.on('timeout', () => request.destroy(new Error('no reply within 30 s')))
  request.end(body)
})

const main = async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line)
    const message = builders[request.do](request)
    console.log(JSON.stringify({ message, ...await send(message) }))
  }
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
