import { UnsupportedError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import type { NodeDraft } from '../node-maker.ts'
import { attributeChanges } from './attributes.ts'
import { broadcastingChanges } from './broadcasting.ts'
import type { Change, Tools } from './change.ts'
import { inputChanges } from './inputs.ts'
import { normalizationChanges } from './normalization.ts'
import { resizeChanges } from './resize.ts'
import { softmaxChanges } from './softmax.ts'
import { targetOpset } from './target.ts'

const changes = new Map<string, Change[]>()
for (const change of [
  ...attributeChanges,
  ...broadcastingChanges,
  ...inputChanges,
  ...normalizationChanges,
  ...resizeChanges,
  ...softmaxChanges,
]) {
  for (const type of change.types)
    changes.set(
      type,
      [...(changes.get(type) ?? []), change].sort((a, b) => a.since - b.since),
    )
}

/**
 * Brings a node of opset `version` up to date, change by change, and makes it. Whether the operator is in the table does
 * not matter: one outside of it runs in the new version too.
 */
export function upgrade(
  draft: NodeDraft,
  version: number,
  where: string,
  make: (draft: NodeDraft) => readonly Value[],
): readonly (Value | undefined)[] {
  if (draft.domain !== '') return make({ ...draft, opset: version })
  const tools: Tools = {
    where,
    make: (type, inputs, attributes = {}) => {
      const [made] = make({ ...draft, type, inputs, attributes, outputs: [undefined], name: undefined })
      if (made) return made
      throw new UnsupportedError({ where, expected: `an output of ${type}`, received: 'none' })
    },
  }
  let current = draft
  for (let reached = version; ; ) {
    const next = changes.get(current.type)?.find(change => change.since > reached)
    if (!next) break
    const adapted = next.adapt(current, tools)
    if (isFinished(adapted)) return adapted
    current = adapted
    reached = next.since
  }
  return make(version > targetOpset ? { ...current, opset: version } : current)
}

const isFinished = (adapted: NodeDraft | readonly (Value | undefined)[]): adapted is readonly (Value | undefined)[] =>
  Array.isArray(adapted)
