import { create } from '@bufbuild/protobuf'
import type { Attribute } from '../../graph/attribute.ts'
import { Graph } from '../../graph/graph.ts'
import { Node } from '../../graph/node.ts'
import { Scope } from '../../graph/scope.ts'
import { type TensorType, Value } from '../../graph/value.ts'
import { constantOf } from './constant-node.ts'
import { decodeAttribute, raw } from './decode-attribute.ts'
import { decodeSparse, decodeTensor, type ExternalReader, isRepresentable } from './decode-tensor.ts'
import { decodeType, encodedType } from './decode-type.ts'
import { badFormat, quote } from './failure.ts'
import { Names } from './names.ts'
import { makeNode, type NodeDraft } from './node-maker.ts'
import { inOrder } from './order.ts'
import {
  AttributeProtoSchema,
  type FunctionProto,
  type GraphProto,
  AttributeProto_AttributeType as Kind,
  type NodeProto,
  type TensorProto,
} from './proto/onnx_pb.ts'
import { upgrade } from './upgrade/index.ts'

/** Versions of the operator sets that nodes are written in, by domain. */
export type Opsets = ReadonlyMap<string, number>

/** What a node is read in. */
interface Place {
  readonly names: Names
  readonly opsets: Opsets
  /** Within an inlined function: the attributes it was called with. */
  readonly bindings: ReadonlyMap<string, Attribute> | undefined
  readonly scope: Scope | undefined
  /** Functions that are being inlined around here. */
  readonly calls: readonly FunctionProto[]
  readonly where: string
}

/** Nodes made in all, after inlining: functions that call functions multiply. */
const maxNodes = 500_000
const maxCallDepth = 100

/** Reads the graphs of one model. */
export class GraphDecoder {
  private made = 0
  private open = 0

  constructor(
    private readonly file: string,
    private readonly functions: ReadonlyMap<string, FunctionProto>,
    private readonly external: ExternalReader | undefined,
  ) {}

  model(proto: GraphProto, opsets: Opsets, metadata: Readonly<Record<string, string>>, doc: string): Graph {
    return this.graph(
      proto,
      { opsets, bindings: undefined, scope: undefined, calls: [], where: this.file },
      undefined,
      { metadata, doc },
    )
  }

  private graph(
    proto: GraphProto,
    around: Omit<Place, 'names'>,
    outer: Names | undefined,
    about?: { metadata: Readonly<Record<string, string>>; doc: string },
  ): Graph {
    const where = `${around.where}, graph ${quote(proto.name)}`
    const names = new Names(where, outer, this.declaredTypes(proto, where))
    for (const tensor of proto.initializer) this.initializer(tensor, names, where)
    for (const sparse of proto.sparseInitializer) {
      const name = sparse.values?.name ?? ''
      const data = decodeSparse(sparse, `${where}, sparse initializer ${quote(name)}`, this.external)
      names.define(name, Value.constant(data, name), 'a sparse initializer')
    }
    const inputs: Value[] = []
    for (const { name, type } of proto.input) {
      if (name === '') throw badFormat(where, 'inputs with names', 'one without')
      // Before IR version 4 every initializer was listed as an input as well; later that makes it a default. Both become constants.
      if (names.defines(name) && !inputs.some(input => input.name === name)) continue
      const known = decodeType(type, `${where}, input ${quote(name)}`, this.symbol)
      const input = Value.input(known, name, known ? undefined : encodedType(type))
      names.define(name, input, 'an input')
      inputs.push(input)
    }
    const place: Place = { ...around, names }
    for (const node of inOrder(proto.node, where)) this.node(node, place)
    const outputs = proto.output.map(({ name }) => names.get(name, 'the graph output'))
    return new Graph({
      name: proto.name,
      inputs,
      outputs,
      outputNames: proto.output.map(({ name }) => name),
      captures: [...names.captured],
      ...(about ? { metadata: about.metadata } : {}),
      ...(about?.doc ? { doc: about.doc } : proto.docString ? { doc: proto.docString } : {}),
    })
  }

  private declaredTypes(proto: GraphProto, where: string): (name: string) => TensorType | undefined {
    const infos = new Map([...proto.valueInfo, ...proto.output].map(info => [info.name, info]))
    return name => decodeType(infos.get(name)?.type, `${where}, value ${quote(name)}`, this.symbol)
  }

  private readonly symbol = (): string => `unk__${this.open++}`

  private initializer(tensor: TensorProto, names: Names, where: string): void {
    const { name } = tensor
    const at = `${where}, initializer ${quote(name)}`
    if (name === '') throw badFormat(where, 'initializers with names', 'one without')
    names.define(
      name,
      isRepresentable(tensor) ? Value.constant(decodeTensor(tensor, at, this.external), name) : this.opaque(tensor, at),
      'an initializer',
    )
  }

  /** A tensor of an element type that Tenon does not compute with: a Constant node that holds it as it stands. */
  private opaque(tensor: TensorProto, where: string): Value {
    if (tensor.externalData.length > 0)
      throw badFormat(
        where,
        'elements inside the model, for an element type outside of Tenon',
        'a reference to a file beside it',
      )
    const value = raw(create(AttributeProtoSchema, { name: 'value', type: Kind.TENSOR, t: tensor }))
    const node = new Node({
      type: 'Constant',
      inputs: [],
      outputs: [undefined],
      outputNames: [tensor.name],
      attributes: { value },
      scope: undefined,
    })
    return node.outputs[0] ?? Value.input(undefined)
  }

  private node(proto: NodeProto, place: Place): void {
    const { names } = place
    const what = `${proto.opType || 'a node without operator'}${proto.name ? ` ${quote(proto.name)}` : ''}`
    const where = `${place.where}, node ${what}`
    if (proto.opType === '') throw badFormat(where, 'an operator', 'none')
    if (++this.made > maxNodes) throw badFormat(place.where, `at most ${maxNodes} nodes, functions inlined`, 'more')
    const domain = proto.domain === 'ai.onnx' ? '' : proto.domain
    const inputs = proto.input.map(name => (name === '' || names.isOmitted(name) ? undefined : names.get(name, what)))
    while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop()
    const outputs = proto.output.map(name => name || undefined)
    while (outputs.length > 1 && outputs.at(-1) === undefined) outputs.pop()
    const attributes = this.attributes(proto, place, where)
    const draft: NodeDraft = {
      type: proto.opType,
      domain,
      inputs,
      attributes,
      outputs,
      name: proto.name || undefined,
      scope: place.scope,
      opset: undefined,
      declaredType: names.declaredType,
    }
    const results = this.apply(draft, proto.overload, place, where)
    proto.output.forEach((name, i) => {
      const result = results[i]
      // An upgrade may drop outputs that newer versions lack; whoever reads one will say so.
      if (name !== '' && result) names.define(name, result, what)
    })
  }

  private apply(draft: NodeDraft, overload: string, place: Place, where: string): readonly (Value | undefined)[] {
    const called = this.functions.get(functionKey(draft.domain, draft.type, overload))
    if (called) return this.inline(called, draft, place, where)
    const constant = draft.type === 'Constant' && draft.domain === '' ? constantOf(draft, where) : undefined
    if (constant) return [constant]
    return upgrade(draft, place.opsets.get(draft.domain) ?? 1, where, next => makeNode(next, where))
  }

  private attributes(proto: NodeProto, place: Place, where: string): Record<string, Attribute> {
    const attributes: Record<string, Attribute> = {}
    for (const attribute of proto.attribute) {
      const { name, refAttrName } = attribute
      const at = `${where}, attribute ${quote(name)}`
      if (name === '' || Object.hasOwn(attributes, name))
        throw badFormat(at, 'attributes with names that do not repeat', quote(name))
      if (refAttrName !== '') {
        if (!place.bindings)
          throw badFormat(at, 'a value', `a reference to ${quote(refAttrName)} outside of a function`)
        const bound = place.bindings.get(refAttrName)
        if (bound) setOwn(attributes, name, bound)
        continue
      }
      const body = (graph: GraphProto) => this.graph(graph, { ...place, where: at }, place.names)
      setOwn(attributes, name, decodeAttribute(attribute, at, { external: this.external, body }))
    }
    return attributes
  }

  /** A call of one of the model's own functions, replaced by what it does. */
  private inline(called: FunctionProto, draft: NodeDraft, place: Place, where: string): readonly (Value | undefined)[] {
    if (place.calls.includes(called))
      throw badFormat(where, 'functions that do not call themselves', `${quote(called.name)} within itself`)
    if (place.calls.length >= maxCallDepth)
      throw badFormat(where, `functions nested at most ${maxCallDepth} deep`, 'deeper nesting')
    if (draft.inputs.length > called.input.length || draft.outputs.length > called.output.length) {
      throw badFormat(
        where,
        `at most ${called.input.length} inputs and ${called.output.length} outputs`,
        `${draft.inputs.length} and ${draft.outputs.length}`,
      )
    }
    const inside = `${this.file}, function ${quote(called.name)}`
    const names = new Names(inside, undefined, () => undefined)
    called.input.forEach((name, i) => {
      const input = draft.inputs[i]
      if (input) names.define(name, input, 'an input')
      else names.omitted.add(name)
    })
    const bindings = new Map<string, Attribute>()
    for (const attribute of called.attributeProto) {
      const body = (graph: GraphProto) => this.graph(graph, { ...place, where: inside }, names)
      bindings.set(attribute.name, decodeAttribute(attribute, inside, { external: this.external, body }))
    }
    for (const [name, attribute] of Object.entries(draft.attributes)) bindings.set(name, attribute)
    const body: Place = {
      names,
      opsets: called.opsetImport.length > 0 ? opsetsOf(called.opsetImport) : place.opsets,
      bindings,
      scope: new Scope(draft.name ?? called.name, place.scope),
      calls: [...place.calls, called],
      where: inside,
    }
    for (const node of inOrder(called.node, inside)) this.node(node, body)
    return called.output.slice(0, draft.outputs.length).map(name => names.get(name, 'a function output'))
  }
}

/** Also for names such as `__proto__`, which files can hold. */
function setOwn(attributes: Record<string, Attribute>, name: string, value: Attribute): void {
  Object.defineProperty(attributes, name, { value, enumerable: true, writable: true, configurable: true })
}

export const functionKey = (domain: string, name: string, overload: string): string =>
  `${domain === 'ai.onnx' ? '' : domain}:${name}:${overload}`

export const opsetsOf = (imports: readonly { readonly domain: string; readonly version: bigint }[]): Opsets =>
  new Map(imports.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : domain, Number(version)]))
