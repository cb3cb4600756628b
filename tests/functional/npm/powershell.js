// Parses PowerShell with tree-sitter; what is in the files as JSON on stdout.
// usage: node powershell.js FILE…
'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { Language, Parser } = require('web-tree-sitter')

const all = (node, type) => node.descendantsOfType(type)

// Looked for below nodes with errors only: every node costs a call into the parser.
const errorsOf = (node) => {
  if (node.isError || node.isMissing) {
    return [`line ${node.startPosition.row + 1}: ${node.isMissing ? 'missing ' + node.type : node.text.slice(0, 60)}`]
  }
  return node.hasError ? node.children.flatMap(errorsOf) : []
}

const parameterOf = (node) => {
  const name = all(node, 'variable')[0].text.slice(1)
  const attributes = all(node, 'attribute').map((attribute) => attribute.text)
  return { name, attributes }
}

const describe = (tree) => {
  const functions = all(tree.rootNode, 'function_statement').map((node) => ({
    name: all(node, 'function_name')[0].text,
    text: node.text,
    parameters: all(node, 'script_parameter').map(parameterOf),
    variables: [...new Set(all(node, 'variable').map((variable) => variable.text))]
  }))
  return {
    errors: errorsOf(tree.rootNode),
    functions,
    commands: [...new Set(all(tree.rootNode, 'command_name').map((node) => node.text))],
    types: [...new Set(all(tree.rootNode, 'type_literal').map((node) => node.text.slice(1, -1)))]
  }
}

const main = async () => {
  await Parser.init()
  const grammar = path.join(path.dirname(require.resolve('tree-sitter-powershell/package.json')), 'tree-sitter-powershell.wasm')
  const parser = new Parser()
  parser.setLanguage(await Language.load(grammar))
  console.log(JSON.stringify(process.argv.slice(2).map((file) => describe(parser.parse(fs.readFileSync(file, 'utf8'))))))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
