import { type InstanceId, type InstanceKind, instanceKindOf } from '../ids.ts'
import type { InstanceRules } from './instance-rules.ts'

/** Leads each question about an instance to the rules of its kind; one of no kind is known to nobody. */
export function rulesByKind(rules: Readonly<Record<InstanceKind, InstanceRules>>): InstanceRules {
  const of = (instance: InstanceId): InstanceRules | undefined => {
    const kind = instanceKindOf(instance)
    return kind === undefined ? undefined : rules[kind]
  }
  return {
    naturalProposer: (instance) => of(instance)?.naturalProposer(instance),
    dueAt: (instance) => of(instance)?.dueAt(instance),
    judge: (out, instance, value, from) =>
      of(instance)?.judge(out, instance, value, from) ?? { verdict: 'not_valid' },
    build: (out, instance) => of(instance)?.build(out, instance),
    learn: (out, refusal, from) => of(refusal.instance)?.learn(out, refusal, from),
  }
}
